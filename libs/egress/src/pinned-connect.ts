import * as net from 'node:net';
import * as tls from 'node:tls';
import { LRUCache } from 'lru-cache';
import { classifyConnectError } from './connect-errors';
import { type EgressPolicy, type EgressPurpose, type PinnedAddress } from './egress-policy';
import { formatHostAndPort, type HostAndPort, hostAndPort } from './host-and-port';
import { trustedWith } from './trusted-roots';

export interface PinnedConnectOptions {
  policy: EgressPolicy;
  purpose: EgressPurpose;
  /** Certificates in PEM that are trusted besides the system's roots. */
  ca?: readonly string[];
  /** Name resolution, TCP and TLS together; default 10 s. */
  connectTimeoutMs?: number;
}

export interface PinnedTarget extends HostAndPort {
  /** Speak TLS, as a client of the host. */
  readonly tls: boolean;
}

/** Twice what a handshake over three slow round trips with two lost packets takes. */
const CONNECT_TIMEOUT_MS = 10_000;
/** How long one of several addresses is tried alone. Node's 250 ms would give up on a registry that is merely far away. */
const ATTEMPT_TIMEOUT_MS = 1_500;
/** When a silent connection is probed first; load balancers in clouds forget one after 4 minutes and more. */
const KEEP_ALIVE_DELAY_MS = 60_000;
/** A connection is read in pieces of 64 KiB; with room for two, what one writes need not wait for what the other reads. In bytes. */
const HIGH_WATER_MARK = 128 * 1024;
/** Hosts whose latest TLS session is kept, so that the next handshake is shorter: a registry, its token server, its object stores. */
const MAX_SESSIONS = 16;

/** Called once. The connection may be at its end in the same turn of the event loop: listen to it now. */
export type PinnedConnected = (...outcome: [error: null, socket: net.Socket] | [error: Error, socket: null]) => void;

/**
 * The one way to a host that a tenant named: the name is resolved once, the egress policy checks all its addresses for the purpose, and
 * exactly the checked ones are dialled, one after the other, so a second DNS answer changes nothing. TLS is always verified against the
 * host, which is also what SNI carries. All of it has one time limit.
 */
export class PinnedDialer {
  readonly #sessions = new LRUCache<string, Buffer>({ max: MAX_SESSIONS });
  #secureContext?: tls.SecureContext;

  constructor(private readonly options: PinnedConnectOptions) {}

  /** @returns gives up: the reason becomes the error, unless there is a connection already */
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
        // Stays, so that an error between here and the first listener of the caller ends no program.
        dialled.on('error', failed);
        dialled.once(target.tls ? 'secureConnect' : 'connect', () => {
          isOver = true;
          clearTimeout(late);
          connected(null, dialled);
        });
      })
      .catch(failed);
    return failed;
  }

  /** @param addresses the only ones that may be dialled */
  #open({ host, port, tls: isTls }: PinnedTarget, addresses: readonly PinnedAddress[]): net.Socket {
    const common = {
      ...whereTo(host, addresses),
      port,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE_DELAY_MS,
      highWaterMark: HIGH_WATER_MARK,
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

  /** Made at the first TLS connection: reading some 150 roots takes milliseconds. */
  #context(): tls.SecureContext {
    const { ca = [] } = this.options;
    // Naming authorities replaces the default ones, so those are named too. Without, Node shares one store among all contexts.
    this.#secureContext ??= tls.createSecureContext(ca.length === 0 ? {} : { ca: trustedWith(ca) });
    return this.#secureContext;
  }
}

/**
 * Opens connections to origins, `scheme://host[:port]`, that tenants name, for all that is not a request through an agent: tunnels,
 * upgrades. A promise rejects with EgressError or UpstreamConnectError, or with the signal's reason. A connection that it resolves with may
 * already be at its end: look at `destroyed` before waiting for an event.
 */
export function pinnedConnect(options: PinnedConnectOptions): (origin: string, signal?: AbortSignal) => Promise<net.Socket> {
  const dialer = new PinnedDialer(options);
  return (origin, signal) =>
    new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const url = new URL(origin);
      const giveUp = (): void => cancel(signal?.reason as Error);
      const cancel = dialer.dial({ ...hostAndPort(url), tls: url.protocol === 'https:' }, (...[error, socket]) => {
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

/** One address is dialled as it is; of several, Node tries one after the other and asks nobody else. */
function whereTo(
  host: string,
  addresses: readonly PinnedAddress[],
): Pick<net.TcpNetConnectOpts, 'host' | 'lookup' | 'autoSelectFamily' | 'autoSelectFamilyAttemptTimeout'> {
  const [only, ...others] = addresses;
  if (only === undefined) {
    // Without a host Node would dial this one.
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
  return Object.assign(new Error('the time for the connection is over'), { code: 'ETIMEDOUT' });
}
