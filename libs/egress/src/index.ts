export { classifyConnectError } from './connect-errors';
export { EgressPolicy, type EgressPolicyOptions, type EgressPurpose, type PinnedAddress } from './egress-policy';
export { EgressError, UpstreamConnectError, type EgressErrorCode } from './egress.errors';
export { formatHostAndPort, type HostAndPort, hostAndPort } from './host-and-port';
export { type LookupAll, type LookupCaller } from './names/lookup-all';
export { LookupError, type LookupProblem } from './names/lookup-error';
export { NameResolver, type NameResolverOptions } from './names/name-resolver';
export { createPinnedAgent, type PinnedAgentOptions } from './pinned-agent';
export { RegistryHttpClient, type RegistryHttpClientOptions } from './registry-http-client';
