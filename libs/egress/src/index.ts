export { classifyConnectError } from './connect-errors';
export {
  EgressPolicy,
  type EgressPolicyOptions,
  type EgressPurpose,
  type LookupAll,
  type PinnedAddress,
} from './egress-policy';
export { EgressError, UpstreamConnectError, type EgressErrorCode } from './egress.errors';
export { createPinnedAgent, type PinnedAgentOptions } from './pinned-agent';
export { RegistryHttpClient, type RegistryHttpClientOptions } from './registry-http-client';
