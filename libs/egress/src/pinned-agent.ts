import { Agent } from 'undici';
import { type EgressPolicy, type EgressPurpose } from './egress-policy';

export interface PinnedAgentOptions {
  policy: EgressPolicy;
  purpose: EgressPurpose;
  /** Certificates in PEM that are trusted besides the system's roots. */
  ca?: readonly string[];
  connectTimeoutMs?: number;
  /** 0 (default): no limit here, the caller has its own. */
  headersTimeoutMs?: number;
  /** 0 (default): no limit here, the caller has its own. */
  bodyTimeoutMs?: number;
  keepAliveTimeoutMs?: number;
  /** Connections per origin; default unlimited. */
  connections?: number;
}

export function createPinnedAgent(_options: PinnedAgentOptions): Agent {
  throw new Error('not yet');
}
