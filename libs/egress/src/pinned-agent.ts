import { isIP, type Socket } from 'node:net';
import * as tls from 'node:tls';
import { endingInOrder } from '@oci-connector/http';
import { Agent, buildConnector } from 'undici';
import { type EgressPolicy, type EgressPurpose } from './egress-policy';
import { pinnedLookup } from './pinned-lookup';
import { trustedWith } from './trusted-roots';

export interface PinnedAgentOptions {
  policy: EgressPolicy;
  purpose: EgressPurpose;
  /** Certificates in PEM that are trusted besides the system's roots. */
  ca?: readonly string[];
  /** Name resolution, TCP and TLS together; default 10 s. */
  connectTimeoutMs?: number;
  /** From the end of the request to the end of the answer's headers; 0 (default): the caller has its own limit. */
  headersTimeoutMs?: number;
  /** Connections per origin; default unlimited. */
  connections?: number;
  /** Called with each connection before it is used. */
  onConnected?: (socket: Socket) => void;
}

/** Twice what a handshake over three slow round trips with two lost packets takes. */
const CONNECT_TIMEOUT_MS = 10_000;
/** How long one of several addresses is tried alone. Node's 250 ms would give up on a registry that is merely far away. */
const ATTEMPT_TIMEOUT_MS = 1_500;
/** Below the idle limits of usual servers (load balancers 60 s, nginx 75 s), so that a request rarely meets a closing connection. */
const KEEP_ALIVE_TIMEOUT_MS = 15_000;
/** A connection is read in pieces of 64 KiB; with room for two, what one writes need not wait for what the other reads. In bytes. */
const HIGH_WATER_MARK = 128 * 1024;
/** Room for long WWW-Authenticate, Link and signed Location headers. */
const MAX_HEADER_BYTES = 64 * 1024;

/** Made at the first https connection and shared by all of an agent: reading some 150 roots takes milliseconds. */
function lazySecureContext(ca: readonly string[]): () => tls.SecureContext {
  let context: tls.SecureContext | undefined;
  // Naming authorities replaces the default ones, so those are named too. Without, Node shares one store among all contexts.
  return () => (context ??= tls.createSecureContext(ca.length === 0 ? {} : { ca: trustedWith(ca) }));
}

/**
 * An undici agent whose connections go only to addresses that the egress policy allowed for its purpose: a name is
 * resolved once per connection and exactly the checked addresses are dialled, one after the other, so a second DNS
 * answer changes nothing; an address is checked as it stands. TLS is always verified against the name in the URL, which
 * is also what SNI carries. A refusal comes out of the request as an EgressError.
 */
export function createPinnedAgent(options: PinnedAgentOptions): Agent {
  const { policy, purpose, ca = [], connectTimeoutMs = CONNECT_TIMEOUT_MS } = options;
  const secureContext = lazySecureContext(ca);
  const shared = {
    timeout: connectTimeoutMs,
    highWaterMark: HIGH_WATER_MARK,
    allowH2: false,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: ATTEMPT_TIMEOUT_MS,
    lookup: pinnedLookup(policy, purpose),
  };
  const connectPlain = buildConnector(shared);
  let connectTls: buildConnector.connector | undefined;

  const connect: buildConnector.connector = (target, callback) => {
    const hostname = target.hostname.replace(/^\[|\]$/g, '');
    const isAddress = isIP(hostname) !== 0;
    const dial = (): void => {
      if (target.protocol !== 'https:') {
        return connectPlain({ ...target, hostname }, callback);
      }
      connectTls ??= buildConnector({ ...shared, secureContext: secureContext(), rejectUnauthorized: true });
      // undici would take the name from the Host header; the certificate must be the URL's host's. An address has no SNI
      // (RFC 6066 §3) and is compared with the certificate's addresses.
      const servername = isAddress ? undefined : hostname;
      return connectTls({ ...target, hostname, host: target.host && hostname, servername }, callback);
    };
    // Node asks no lookup function about an address, so the policy is asked here.
    if (!isAddress) {
      return dial();
    }
    policy.resolve(hostname, Number(target.port), purpose).then(dial, (error: Error) => callback(error, null));
  };

  return new Agent({
    connect: observed(endingInOrder(connect), options.onConnected),
    pipelining: 1,
    allowH2: false,
    connections: options.connections ?? null,
    headersTimeout: options.headersTimeoutMs ?? 0,
    // Between two pieces of the answer's body: the caller has its own limit.
    bodyTimeout: 0,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    maxHeaderSize: MAX_HEADER_BYTES,
  });
}

function observed(connect: buildConnector.connector, onConnected: PinnedAgentOptions['onConnected']): buildConnector.connector {
  if (!onConnected) {
    return connect;
  }
  return (target, connected) =>
    connect(target, (...[error, socket]) => {
      if (error) {
        return connected(error, null);
      }
      onConnected(socket);
      connected(null, socket);
    });
}
