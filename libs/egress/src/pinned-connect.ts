import * as net from 'node:net';
import * as tls from 'node:tls';
import { LRUCache } from 'lru-cache';
import { classifyConnectError } from './connect-errors';
import { type EgressPolicy, type EgressPurpose, type PinnedAddress } from './egress-policy';
import { formatHostAndPort, type HostAndPort, hostAndPort } from './host-and-port';
import { contextTrusting } from './trusted-roots';

export interface PinnedConnectOptions {
  policy: EgressPolicy;
  purpose: EgressPurpose;
  /** Certificates in PEM that are trusted in addition to the system's roots. */
  ca?: readonly string[];
  /** The time limit for name resolution, TCP and TLS together, in milliseconds; default 10 s. */
  connectTimeoutMs?: number;
}

export interface PinnedTarget extends HostAndPort {
  /** Whether to use TLS, as a client of the host. */
  readonly tls: boolean;
  /** Where the connection is read to, instead of a stream. It is then paused: nothing is read before the caller resumes it. */
  readonly onread?: net.OnReadOpts;
}

/** Twice the time of a handshake with three slow round trips and two lost packets. */
const CONNECT_TIMEOUT_MS = 10_000;
/** How long one of several addresses is tried alone. Node's default of 250 ms is too short for a distant registry. */
const ATTEMPT_TIMEOUT_MS = 1_500;
/** The idle time before the first TCP keep-alive probe. Cloud load balancers drop idle connections after 4 minutes or more. */
const KEEP_ALIVE_DELAY_MS = 60_000;
/** Connections are read in chunks of 64 KiB. With room for two, a writer need not wait for the reader. In bytes. */
const HIGH_WATER_MARK = 128 * 1024;
/** Through TLS, data arrives in records of 16 KiB. In bytes. */
const TLS_HIGH_WATER_MARK = 64 * 1024;
/** The most hosts whose latest TLS session is kept to shorten the next handshake: a registry, its token server, its object stores. */
const MAX_SESSIONS = 16;

/** Called once. Add listeners immediately, because the connection may end in the same turn of the event loop. */
export type PinnedConnected = (...outcome: [error: null, socket: net.Socket] | [error: Error, socket: null]) => void;

/**
 * Makes all connections to hosts that tenants name. It resolves the name once, the egress policy checks all addresses for the purpose, and
 * exactly the checked addresses are dialled, one after the other. So a second DNS answer changes nothing. TLS is always verified against
 * the host, which is also the SNI name. One time limit covers all of this.
 */
export class PinnedDialer {
  readonly #sessions = new LRUCache<string, Buffer>({ max: MAX_SESSIONS });
  #secureContext?: tls.SecureContext;

  constructor(private readonly options: PinnedConnectOptions) {}

  /** @returns a function that cancels the attempt: its argument becomes the error, unless there is a connection already */
  dial(target: PinnedTarget, connected: PinnedConnected): (reason: Error) => void {
    const { policy, purpose, connectTimeoutMs = CONNECT_TIMEOUT_MS } = this.options;
    let socket: net.Socket | undefined;
    let isOver = false;
    const failed = (error: Error): void => {
      if (isOver) {
        return;
      }
      isOver = true;
      clearTimeout(late);
      socket?.destroy();
      connected(classifyConnectError(error, target) ?? error, null);
    };
    const late = setTimeout(() => failed(tooLate()), connectTimeoutMs).unref();
    policy
      .resolve(target.host, target.port, purpose)
      .then((addresses) => {
        if (isOver) {
          return;
        }
        const dialled = this.#open(target, addresses);
        socket = dialled;
        // The listener stays, so that an error before the caller's first listener does not crash the program.
        dialled.on('error', failed);
        dialled.once(target.tls ? 'secureConnect' : 'connect', () => {
          isOver = true;
          clearTimeout(late);
          if (target.onread) {
            dialled.pause();
          }
          connected(null, dialled);
        });
      })
      .catch(failed);
    return failed;
  }

  /** @param addresses the only ones that may be dialled */
  #open({ host, port, tls: isTls, onread }: PinnedTarget, addresses: readonly PinnedAddress[]): net.Socket {
    const common = {
      ...whereTo(host, addresses),
      port,
      onread,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE_DELAY_MS,
      highWaterMark: isTls ? TLS_HIGH_WATER_MARK : HIGH_WATER_MARK,
    };
    if (!isTls) {
      return net.connect(common);
    }
    const peer = formatHostAndPort({ host, port });
    const socket = tls.connect({
      ...common,
      secureContext: this.#context(),
      rejectUnauthorized: true,
      // An address has no SNI (RFC 6066 §3) and is compared with the certificate's addresses.
      servername: net.isIP(host) === 0 ? host : undefined,
      session: this.#sessions.get(peer),
      ALPNProtocols: ['http/1.1'],
    });
    return socket.on('session', (session) => this.#sessions.set(peer, session));
  }

  /** Returns the TLS context. It is created at the first TLS connection. */
  #context(): tls.SecureContext {
    this.#secureContext ??= contextTrusting(this.options.ca ?? []);
    return this.#secureContext;
  }
}

/** @param origin `scheme://host[:port]` */
export type PinnedConnect = (origin: string, how?: ConnectionOptions) => Promise<net.Socket>;

export interface ConnectionOptions {
  /** Cancels the attempt. */
  readonly signal?: AbortSignal;
  /** See {@link PinnedTarget}. */
  readonly onread?: net.OnReadOpts;
}

/**
 * Returns a function that opens connections to origins, `scheme://host[:port]`, that tenants name. It is for connections outside of an
 * agent: tunnels and upgrades. The promise rejects with EgressError or UpstreamConnectError, or with the signal's reason. The returned
 * connection may have ended already: check `destroyed` before waiting for an event.
 */
export function pinnedConnect(options: PinnedConnectOptions): PinnedConnect {
  const dialer = new PinnedDialer(options);
  return (origin, { signal, onread } = {}) =>
    new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const url = new URL(origin);
      const giveUp = (): void => cancel(signal?.reason as Error);
      const cancel = dialer.dial({ ...hostAndPort(url), tls: url.protocol === 'https:', onread }, (...[error, socket]) => {
        signal?.removeEventListener('abort', giveUp);
        if (error) {
          reject(error);
        } else {
          resolve(socket);
        }
      });
      signal?.addEventListener('abort', giveUp);
    });
}

/** Returns the options for the addresses. A single address is dialled directly; several ones Node tries one after the other, without DNS. */
function whereTo(
  host: string,
  addresses: readonly PinnedAddress[],
): Pick<net.TcpNetConnectOpts, 'host' | 'lookup' | 'autoSelectFamily' | 'autoSelectFamilyAttemptTimeout'> {
  const [only, ...others] = addresses;
  if (only === undefined) {
    // Without a host, Node would dial localhost.
    throw new TypeError('there is no address to dial');
  }
  if (others.length === 0) {
    return { host: only.address };
  }
  return {
    host,
    lookup: (_name, _options, callback) => callback(null, [...addresses]),
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: ATTEMPT_TIMEOUT_MS,
  };
}

function tooLate(): Error {
  return Object.assign(new Error('the time limit for the connection has expired'), { code: 'ETIMEDOUT' });
}
