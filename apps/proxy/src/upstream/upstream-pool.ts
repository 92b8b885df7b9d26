import { type EgressPolicy, type EgressPurpose, RegistryHttpClient } from '@oci-connector/egress';
import { ByteBudget, type ByteShare } from '@oci-connector/limits';
import { type RegistryHttp } from '@oci-connector/oci-auth';
import { LRUCache } from 'lru-cache';
import { type Transfer } from '../transfer/transfer';
import { RelayTransport, type RelayTransportOptions } from './relay-transport';
import { UndiciTransport } from './undici-transport';
import { type UpstreamTransport } from './upstream-transport';
import { WebSocketTransport } from './web-socket-transport';

/**
 * Most Connectors with open connections at one time. One more closes the connections of the least recently used Connector, so that
 * 10,000 Connectors do not keep 10,000 pools.
 */
const MAX_UPSTREAMS = 1_000;

/** Responses of token servers and login probes that are being read: of all Connectors, and of one. Such a response has some KiB. */
const HELD_ANSWERS = { maxBytes: 64 * 1024 * 1024, maxShare: 8 * 1024 * 1024, smallShare: 64 * 1024 };

/** Identifies connections that are interchangeable: the same Connector, the same spec, the same trusted authorities. */
export interface UpstreamKey {
  /** UID of the Connector. */
  readonly connectorUid: string;
  /** Changes whenever the spec or the certificates change. */
  readonly revision: string;
}

/** What the connections of all Connectors share. */
export interface UpstreamParts {
  /** Certificates in PEM that are trusted for every Connector, in addition to the system's. */
  readonly installationCa: readonly string[];
  /** How bodies are relayed; absent: each piece has new memory. */
  readonly relay?: Pick<RelayTransportOptions, 'buffers' | 'answered'>;
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
    private readonly relay?: UpstreamParts['relay'],
  ) {
    this.http = new RegistryHttpClient({ policy, ca, held });
  }

  transport(purpose: EgressPurpose): UpstreamTransport {
    const known = this.#transports.get(purpose);
    if (known) {
      return known;
    }
    const { policy, ca, relay } = this;
    const others = new UndiciTransport({ policy, purpose, ca });
    const transport = relay ? new RelayTransport({ policy, purpose, ca, others, ...relay }) : others;
    this.#transports.set(purpose, transport);
    return transport;
  }

  /** For requests for a WebSocket. Keeps no connections. */
  webSockets(purpose: EgressPurpose): UpstreamTransport {
    return new WebSocketTransport({ policy: this.policy, purpose, ca: this.ca });
  }

  /** Keeps the connections usable until the transfer ends, even if the Connector changes or is deleted before. */
  hold(transfer: Transfer): void {
    this.#holders += 1;
    transfer.atEnd(() => {
      this.#holders -= 1;
      if (this.#holders === 0) {
        this.#retired?.();
      }
    });
  }

  /** Closes the connections once no transfer holds them. */
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

  constructor(
    private readonly policy: EgressPolicy,
    private readonly parts: UpstreamParts,
    maxUpstreams = MAX_UPSTREAMS,
  ) {
    this.#upstreams = new LRUCache({
      max: maxUpstreams,
      dispose: ({ upstream }) => this.#close(upstream),
    });
  }

  /** @param ca the Connector's own certificates in PEM */
  get(key: UpstreamKey, ca: readonly string[]): Upstream {
    const known = this.#upstreams.get(key.connectorUid);
    if (known?.revision === key.revision) {
      return known.upstream;
    }
    const { installationCa, relay } = this.parts;
    const policy = this.policy.forOwner(key.connectorUid);
    const upstream = new Upstream(policy, [...installationCa, ...ca], this.#heldAnswers.share(), relay);
    this.#upstreams.set(key.connectorUid, { revision: key.revision, upstream });
    return upstream;
  }

  /** Whether these are still the Connector's connections; marks them as used. */
  isCurrent(connectorUid: string, upstream: Upstream): boolean {
    return this.#upstreams.get(connectorUid)?.upstream === upstream;
  }

  /** Closes the connections of a deleted Connector. */
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
