import { X509Certificate } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import { type OciAuthHooks } from '@oci-connector/oci-auth';
import { CONNECTOR_LABELS, connectorLabels, type ConnectorLabels } from '@oci-connector/runtime';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { type Transfer } from '../transfer/transfer';
import { type ProxyErrorCode } from '../proxy.errors';
import { type AccessRecord } from './access-record';
import { LabelledConnectors } from './labelled-connectors';
import { TalliedCounter } from './tallied-counter';
import { TalliedHistogram } from './tallied-histogram';

/** Label value for requests that reached no Connector: clients without permission must not be able to create time series. */
const NO_CONNECTOR = '';

/** In seconds. Manifests take milliseconds, layers take minutes. */
const DURATION_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800];

/** Sums for the requests with the same Connector, action, status and code since the last scrape. */
interface Tally {
  readonly connector: string;
  readonly action: string;
  readonly status: string;
  readonly code: string;
  readonly upstreamStatus?: string;
  requests: number;
  bytesIn: number;
  bytesOut: number;
}

/** Values that the metrics read from the rest of the proxy. */
export interface ProxyMetricsOptions {
  readonly transfersInFlight: () => number;
  /** Whether the Connector `NAMESPACE/NAME` exists: a request may end long after its Connector was deleted. */
  readonly connectorExists: (connector: string) => boolean;
  /** Connectors that have time series of their own. */
  readonly maxConnectors: number;
}

/** The limits whose use is measured. */
export type UsedLimit = 'connector_requests' | 'client_requests' | 'client_tunnels' | 'connections' | 'peer_connections';

/**
 * The proxy's metrics. They name a Connector only if the client is authorised and the Connector exists, and only in counters: a histogram
 * would have some 20 time series for each Connector and action.
 */
export class ProxyMetrics {
  readonly #requests: Counter<keyof ConnectorLabels | 'action' | 'status' | 'code'>;
  readonly #rejected: Counter<'listener' | 'code'>;
  readonly #bytes: Counter<keyof ConnectorLabels | 'direction'>;
  readonly #durations: TalliedHistogram<'action'>;
  readonly #upstream: Counter<keyof ConnectorLabels | 'status'>;
  readonly #tokenFetches: Counter<'outcome'>;
  readonly #tokenFetchDurations: Histogram;
  readonly #tokenCache: TalliedCounter<'result'>;
  readonly #reviews: TalliedCounter<'kind' | 'outcome'>;
  readonly #heads: TalliedCounter<'reader'>;
  readonly #bodies: TalliedCounter<'direction' | 'reader'>;
  readonly #connections: Gauge<'listener'>;
  readonly #closed: Counter<'listener' | 'reason'>;
  readonly #caExpiry: Gauge;
  readonly #caLifetime: Gauge;
  readonly #certificateExpiry: Gauge;
  readonly #usage = new Map<UsedLimit, () => number>();
  /** By all labels. prom-client builds and looks up a text of the labels for each count, so it is updated only once a scrape. */
  readonly #tallies = new Map<string, Tally>();
  readonly #connectorExists: (connector: string) => boolean;
  readonly #labelled: LabelledConnectors;

  constructor(registry: Registry, { transfersInFlight, connectorExists, maxConnectors }: ProxyMetricsOptions) {
    this.#connectorExists = connectorExists;
    this.#labelled = new LabelledConnectors(maxConnectors);
    const registers = [registry];
    const collect = (): void => this.#handOver();
    this.#requests = new Counter({
      name: 'connectors_proxy_requests_total',
      help: 'Requests answered, by Connector, action (pull, push, delete, websocket, tunnel, relay), status and, for answers of the proxy itself, error code.',
      labelNames: [...CONNECTOR_LABELS, 'action', 'status', 'code'],
      registers,
      collect,
    });
    this.#rejected = new Counter({
      name: 'connectors_proxy_rejected_requests_total',
      help: 'Requests refused before they could be read as such, by listener and error code.',
      labelNames: ['listener', 'code'],
      registers,
    });
    this.#bytes = new Counter({
      name: 'connectors_proxy_transferred_bytes_total',
      help: 'Bytes of bodies, by Connector and direction (in: from the client, out: to the client).',
      labelNames: [...CONNECTOR_LABELS, 'direction'],
      registers,
      collect,
    });
    this.#durations = new TalliedHistogram({
      name: 'connectors_proxy_request_duration_seconds',
      help: 'From the head of a request to the last byte of its answer.',
      labelNames: ['action'],
      buckets: DURATION_BUCKETS,
      registers,
    });
    this.#upstream = new Counter({
      name: 'connectors_proxy_upstream_responses_total',
      help: 'Answers of registries, by Connector and status.',
      labelNames: [...CONNECTOR_LABELS, 'status'],
      registers,
      collect,
    });
    this.#tokenFetches = new Counter({
      name: 'connectors_proxy_upstream_token_requests_total',
      help: 'Requests to token servers of registries, by outcome.',
      labelNames: ['outcome'],
      registers,
    });
    this.#tokenFetchDurations = new Histogram({
      name: 'connectors_proxy_upstream_token_request_duration_seconds',
      help: 'Duration of requests to token servers.',
      registers,
    });
    this.#tokenCache = new TalliedCounter({
      name: 'connectors_proxy_upstream_token_cache_total',
      help: 'Upstream tokens looked up in the cache, by result (hit, miss).',
      labelNames: ['result'],
      registers,
    });
    this.#reviews = new TalliedCounter({
      name: 'connectors_proxy_reviews_total',
      help: 'TokenReviews and SubjectAccessReviews, by outcome (hit and stale came from the cache).',
      labelNames: ['kind', 'outcome'],
      registers,
    });
    this.#heads = new TalliedCounter({
      name: 'connectors_proxy_request_heads_total',
      help: 'Requests by what read their head: plain (the proxy itself) or parser (of Node.js).',
      labelNames: ['reader'],
      registers,
    });
    this.#bodies = new TalliedCounter({
      name: 'connectors_proxy_bodies_total',
      help: 'Bodies of responses to GET (pull) and of requests (push), by what read them: relay or parser. Responses are counted only with the body relay.',
      labelNames: ['direction', 'reader'],
      registers,
    });
    this.#connections = new Gauge({
      name: 'connectors_proxy_client_connections',
      help: 'Open connections of clients, by listener.',
      labelNames: ['listener'],
      registers,
    });
    this.#closed = new Counter({
      name: 'connectors_proxy_closed_connections_total',
      help: 'Connections of clients that the proxy closed or did not take, by listener and reason (idle, shed, refused).',
      labelNames: ['listener', 'reason'],
      registers,
    });
    this.#caExpiry = new Gauge({
      name: 'connectors_proxy_ca_expiry_timestamp_seconds',
      help: 'When the CA expires that signs the certificates of the proxy, in seconds since the epoch; 0 while none has been read.',
      registers,
    });
    this.#caLifetime = new Gauge({
      name: 'connectors_proxy_ca_lifetime_seconds',
      help: 'Time between the begin and the end of the validity of that CA; 0 while none has been read.',
      registers,
    });
    this.#certificateExpiry = new Gauge({
      name: 'connectors_proxy_certificate_expiry_timestamp_seconds',
      help: 'When the certificate of the proxy for its own names expires, in seconds since the epoch; 0 while there is none.',
      registers,
    });
    const usage = this.#usage;
    new Gauge({
      name: 'connectors_proxy_limit_usage_ratio',
      help: 'How much of a limit is in use, by limit: 1 is all of it. Of the Connectors, clients or peers that have a limit each, the one that uses the most.',
      labelNames: ['limit'],
      registers,
      collect(): void {
        for (const [limit, used] of usage) {
          this.set({ limit }, used());
        }
      },
    });
    new Gauge({
      name: 'connectors_proxy_transfers_in_flight',
      help: 'Requests under way.',
      registers,
      collect(): void {
        this.set(transfersInFlight());
      },
    });
  }

  /** Counts an answer to GET. */
  readonly answered = (isPlain: boolean): void => this.#bodies.inc(isPlain ? 'pull relay' : 'pull parser');

  /** Counts a request. */
  began(isPlain: boolean): void {
    this.#heads.inc(isPlain ? 'plain' : 'parser');
  }

  /** Counts a request with a body. */
  bodyBegan(isRelayed: boolean): void {
    this.#bodies.inc(isRelayed ? 'push relay' : 'push parser');
  }

  /** Counts a finished request. `status` is absent when there was no response. */
  finished(record: AccessRecord, transfer: Transfer, { status, durationMs }: { status?: number; durationMs: number }): void {
    const action = record.action ?? 'none';
    this.#durations.observe(action, durationMs / 1_000);
    const tally = this.#tallyOf(this.#labelOf(record), action, status, record);
    tally.requests += 1;
    tally.bytesIn += transfer.bytesIn;
    tally.bytesOut += transfer.bytesOut;
  }

  #tallyOf(connector: string, action: string, status: number | undefined, record: AccessRecord): Tally {
    const { code, upstreamStatus } = record;
    const key = `${connector} ${action} ${status} ${code} ${upstreamStatus}`;
    const known = this.#tallies.get(key);
    if (known) {
      return known;
    }
    const tally: Tally = {
      connector,
      action,
      status: status === undefined ? 'none' : labelOfStatus(status),
      code: code ?? '',
      upstreamStatus: upstreamStatus === undefined ? undefined : labelOfStatus(upstreamStatus),
      requests: 0,
      bytesIn: 0,
      bytesOut: 0,
    };
    this.#tallies.set(key, tally);
    return tally;
  }

  #handOver(): void {
    for (const { connector, action, status, code, upstreamStatus, requests, bytesIn, bytesOut } of this.#tallies.values()) {
      const labels = connectorLabels(connector);
      this.#requests.inc({ ...labels, action, status, code }, requests);
      if (bytesIn > 0) {
        this.#bytes.inc({ ...labels, direction: 'in' }, bytesIn);
      }
      if (bytesOut > 0) {
        this.#bytes.inc({ ...labels, direction: 'out' }, bytesOut);
      }
      if (upstreamStatus !== undefined) {
        this.#upstream.inc({ ...labels, status: upstreamStatus }, requests);
      }
    }
    this.#tallies.clear();
  }

  #labelOf({ connector = NO_CONNECTOR, labelConnector }: AccessRecord): string {
    return labelConnector && this.#connectorExists(connector) ? this.#labelled.labelOf(connector) : NO_CONNECTOR;
  }

  /** @param certificate of the CA that signs from now on, in PEM */
  caSigns(certificate: string): void {
    const { validFrom, validTo } = new X509Certificate(certificate);
    this.#caExpiry.set(Date.parse(validTo) / 1_000);
    this.#caLifetime.set((Date.parse(validTo) - Date.parse(validFrom)) / 1_000);
  }

  /** @param notAfter of the certificate in use from now on, in milliseconds since the epoch */
  certificateExpires(notAfter: number): void {
    this.#certificateExpiry.set(notAfter / 1_000);
  }

  /** Measures a limit at each scrape from now on. @param used returns how much of it is in use: 1 is all of it */
  measureLimit(limit: UsedLimit, used: () => number): void {
    this.#usage.set(limit, used);
  }

  /** Counts input that was refused before it was parsed as a request. */
  rejected(listener: string, code: ProxyErrorCode): void {
    this.#rejected.inc({ listener, code });
  }

  /** Drops the time series of a deleted Connector, so that their number follows the number of Connectors. */
  async forget(connector: string): Promise<void> {
    const { connector_namespace, connector_name } = connectorLabels(connector);
    for (const metric of [this.#requests, this.#bytes, this.#upstream]) {
      const { values } = await metric.get();
      for (const { labels } of values) {
        if (labels.connector_name === connector_name && labels.connector_namespace === connector_namespace) {
          (metric as Counter).remove(labels);
        }
      }
    }
    this.#labelled.forget(connector);
  }

  connections(listener: string, change: 1 | -1): void {
    this.#connections.inc({ listener }, change);
  }

  /** Counts a connection that was closed without a token, or not accepted. */
  closed(listener: string, reason: string): void {
    this.#closed.inc({ listener, reason });
  }

  reviewed(kind: 'token' | 'access', outcome: string): void {
    this.#reviews.inc(`${kind} ${outcome}`);
  }

  /** Hooks for the upstream authoriser. */
  readonly authorization: OciAuthHooks = {
    onTokenFetch: ({ outcome, durationMs }) => {
      this.#tokenFetches.inc({ outcome });
      this.#tokenFetchDurations.observe(durationMs / 1_000);
    },
    onCacheHit: () => this.#tokenCache.inc('hit'),
    onCacheMiss: () => this.#tokenCache.inc('miss'),
  };
}

/** Returns the status, or its class if the status is not registered: a registry may send any number, and each would be a time series. */
function labelOfStatus(status: number): string {
  return STATUS_CODES[status] === undefined ? `${Math.floor(status / 100)}xx` : String(status);
}
