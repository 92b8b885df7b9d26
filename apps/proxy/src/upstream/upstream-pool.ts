import { type EgressPolicy, type EgressPurpose, RegistryHttpClient } from '@oci-connector/egress';
import { ByteBudget, type ByteShare } from '@oci-connector/limits';
import { type RegistryHttp } from '@oci-connector/oci-auth';
import { LRUCache } from 'lru-cache';
import { type Transfer } from '../transfer/transfer';
import { UndiciTransport } from './undici-transport';
import { type UpstreamTransport } from './upstream-transport';
import { WebSocketTransport } from './web-socket-transport';

/**
 * Connectors with open connections at one time. One more closes the connections of the one that was not used for longest,
 * so that 10,000 Connectors do not keep 10,000 pools.
 */
const MAX_UPSTREAMS = 1_000;

/** Answers of token servers and about how to log in that are being read: of all Connectors, and of one. Such an answer has some KiB. */
const HELD_ANSWERS = { maxBytes: 64 * 1024 * 1024, maxShare: 8 * 1024 * 1024, smallShare: 64 * 1024 };

/** What makes connections interchangeable: the same Connector, the same spec, the same trusted authorities. */
export interface UpstreamKey {
  /** UID of the Connector. */
  readonly connectorUid: string;
  /** Changes whenever spec or certificates do. */
  readonly revision: string;
}

/** The connections of one Connector. Never shared between Connectors, even of one address (rule C4). */
export class Upstream {
  readonly http: RegistryHttp & { close(): Promise<void> };
  readonly #transports = new Map<EgressPurpose, UpstreamTransport>();
  #holders = 0;
  #retired?: () => void;

  /** @param policy counts its lookups as the Connector's */
  constructor(
    readonly policy: EgressPolicy,
    private readonly ca: readonly string[],
    held: ByteShare,
  ) {
    this.http = new RegistryHttpClient({ policy, ca, held });
  }

  transport(purpose: EgressPurpose): UpstreamTransport {
    const known = this.#transports.get(purpose);
    if (known) {
      return known;
    }
    const transport = new UndiciTransport({ policy: this.policy, purpose, ca: this.ca });
    this.#transports.set(purpose, transport);
    return transport;
  }

  /** For requests that ask for a WebSocket. Keeps no connections. */
  webSockets(purpose: EgressPurpose): UpstreamTransport {
    return new WebSocketTransport({ policy: this.policy, purpose, ca: this.ca });
  }

  /** Keeps the connections usable until the transfer ends, whatever happens to the Connector meanwhile. */
  hold(transfer: Transfer): void {
    this.#holders += 1;
    transfer.atEnd(() => {
      this.#holders -= 1;
      if (this.#holders === 0) {
        this.#retired?.();
      }
    });
  }

  /** Closes the connections once nothing holds them. */
  async close(): Promise<void> {
    if (this.#holders > 0) {
      await new Promise<void>((resolve) => (this.#retired = resolve));
    }
    await Promise.all([this.http.close(), ...[...this.#transports.values()].map((transport) => transport.close())]);
  }
}

/** The {@link Upstream} of every Connector in use. */
export class UpstreamPool {
  readonly #upstreams: LRUCache<string, { revision: string; upstream: Upstream }>;
  readonly #closing = new Set<Promise<void>>();
  readonly #heldAnswers = new ByteBudget(HELD_ANSWERS);

  /** @param installationCa certificates in PEM that are trusted for every Connector beside the system's */
  constructor(
    private readonly policy: EgressPolicy,
    private readonly installationCa: readonly string[],
    maxUpstreams = MAX_UPSTREAMS,
  ) {
    this.#upstreams = new LRUCache({
      max: maxUpstreams,
      dispose: ({ upstream }) => this.#close(upstream),
    });
  }

  /** @param ca certificates in PEM of the Connector's own */
  get(key: UpstreamKey, ca: readonly string[]): Upstream {
    const known = this.#upstreams.get(key.connectorUid);
    if (known?.revision === key.revision) {
      return known.upstream;
    }
    const upstream = new Upstream(this.policy.forOwner(key.connectorUid), [...this.installationCa, ...ca], this.#heldAnswers.share());
    this.#upstreams.set(key.connectorUid, { revision: key.revision, upstream });
    return upstream;
  }

  /** Whether these are still the Connector's connections; marks them as used. */
  isCurrent(connectorUid: string, upstream: Upstream): boolean {
    return this.#upstreams.get(connectorUid)?.upstream === upstream;
  }

  /** Drops the connections of a Connector that is gone. */
  forget(connectorUid: string): void {
    this.#upstreams.delete(connectorUid);
  }

  async close(): Promise<void> {
    this.#upstreams.clear();
    await Promise.all(this.#closing);
  }

  #close(upstream: Upstream): void {
    const closing = upstream.close().finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }
}
