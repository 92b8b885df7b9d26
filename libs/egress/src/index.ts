export { classifyConnectError } from './connect-errors';
export { EgressPolicy, type EgressPolicyOptions, type EgressPurpose, type PinnedAddress } from './egress-policy';
export { EgressError, UpstreamConnectError, type EgressErrorCode } from './egress.errors';
export { formatHostAndPort, type HostAndPort, hostAndPort } from './host-and-port';
export { type LookupAll } from './lookup-all';
export { createPinnedAgent, type PinnedAgentOptions } from './pinned-agent';
export { pinnedLookup } from './pinned-lookup';
export { RegistryHttpClient, type RegistryHttpClientOptions } from './registry-http-client';
export { trustedWith } from './trusted-roots';
