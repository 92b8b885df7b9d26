import { type Socket } from 'node:net';
import { endingInOrder } from '@oci-connector/http';
import { Agent, type buildConnector } from 'undici';
import { type PinnedConnectOptions, PinnedDialer } from './pinned-connect';

export interface PinnedAgentOptions extends PinnedConnectOptions {
  /** The time from the end of the request to the end of the response headers; 0 (default): the caller has its own limit. */
  headersTimeoutMs?: number;
  /** The most connections per origin; default unlimited. */
  connections?: number;
  /** Called with each connection before it is used. */
  onConnected?: (socket: Socket) => void;
}

/** Below the idle timeouts of usual servers (load balancers 60 s, nginx 75 s), so that a request is rarely sent on a closing connection. */
const KEEP_ALIVE_TIMEOUT_MS = 15_000;
/** Enough for long WWW-Authenticate, Link and signed Location headers. */
const MAX_HEADER_BYTES = 64 * 1024;

/** Creates an undici agent whose connections {@link PinnedDialer} makes. When the policy refuses, the request fails with an EgressError. */
export function createPinnedAgent(options: PinnedAgentOptions): Agent {
  const dialer = new PinnedDialer(options);
  // undici would take the name for TLS from the Host header, but the certificate must be for the host of the URL.
  const connect: buildConnector.connector = ({ hostname, port, protocol }, callback) => {
    const isTls = protocol === 'https:';
    dialer.dial({ host: hostname, port: Number(port) || (isTls ? 443 : 80), tls: isTls }, callback);
  };
  return new Agent({
    connect: observed(endingInOrder(connect), options.onConnected),
    pipelining: 1,
    allowH2: false,
    connections: options.connections ?? null,
    headersTimeout: options.headersTimeoutMs ?? 0,
    // The time between two chunks of the response body: the caller has its own limit.
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
