export { classifyConnectError } from './connect-errors';
export { EgressPolicy, type EgressPolicyOptions, type EgressPurpose, type PinnedAddress } from './egress-policy';
export { EgressError, UpstreamConnectError, type EgressErrorCode } from './egress.errors';
export { formatHostAndPort, type HostAndPort, hostAndPort } from './host-and-port';
export { type LookupAll } from './lookup-all';
export { endingInOrder } from './ending-in-order';
export { createPinnedAgent, type PinnedAgentOptions } from './pinned-agent';
export { RegistryHttpClient, type RegistryHttpClientOptions } from './registry-http-client';
