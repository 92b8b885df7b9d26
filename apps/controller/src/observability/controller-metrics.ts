import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { type ReconcileOutcome, type WorkQueueHooks } from '@oci-connector/kube';
import { CONNECTOR_LABELS, connectorLabels, type ConnectorLabels, OTHER_CONNECTORS } from '@oci-connector/runtime';
import { type ReadinessGauge } from '../connector/connector-status.writer';
import { type ProberHooks } from '../probing/prober';

/** In seconds. A probe takes from a millisecond on the same node up to its timeout. */
const PROBE_BUCKETS = [0.005, 0.02, 0.1, 0.5, 1, 2, 5, 10, 20];
/** In seconds, for the wait in the queue and for the reconcile. The target is that a Connector is Ready within two seconds. */
const RECONCILE_BUCKETS = [0.001, 0.005, 0.02, 0.1, 0.5, 1, 2, 5, 30];

/** Values of the label `kind`: the kinds of reconciled objects. */
export type ReconcileKind = 'Connector' | 'ConnectorClass' | 'CertificateAuthority' | 'SealingKey';

/** The controller's metrics. Labels contain names of objects and fixed words, never text from a registry. */
export class ControllerMetrics {
  readonly #reconciles: Counter<'kind' | 'result'>;
  readonly #reconcileSeconds: Histogram<'kind'>;
  readonly #queueSeconds: Histogram<'kind'>;
  readonly #queueDepth: Gauge<'kind'>;
  readonly #probeSeconds: Histogram<'probe' | 'outcome'>;
  readonly #leader: Gauge;
  /** Whether each Connector is Ready, by its key. Empty in a replica that does not lead: it must not report outdated states. */
  readonly #connectors = new Map<string, boolean>();
  #leading = false;

  /** @param maxConnectors that have a time series of their own */
  constructor(
    registry: Registry,
    private readonly maxConnectors: number,
  ) {
    const registers = [registry];
    this.#reconciles = new Counter({
      name: 'connectors_controller_reconciles_total',
      help: 'Reconciles, by kind of object and result.',
      labelNames: ['kind', 'result'],
      registers,
    });
    this.#reconcileSeconds = new Histogram({
      name: 'connectors_controller_reconcile_duration_seconds',
      help: 'Time that one reconcile took.',
      labelNames: ['kind'],
      buckets: RECONCILE_BUCKETS,
      registers,
    });
    this.#queueSeconds = new Histogram({
      name: 'connectors_controller_reconcile_queue_seconds',
      help: 'Time that a key waited in the queue.',
      labelNames: ['kind'],
      buckets: RECONCILE_BUCKETS,
      registers,
    });
    this.#queueDepth = new Gauge({
      name: 'connectors_controller_reconcile_queue_depth',
      help: 'Keys that wait in the queue.',
      labelNames: ['kind'],
      registers,
    });
    this.#probeSeconds = new Histogram({
      name: 'connectors_controller_probe_duration_seconds',
      help: 'Time that one probe took, by probe (liveness, credential) and outcome (passed, failed, unknown).',
      labelNames: ['probe', 'outcome'],
      buckets: PROBE_BUCKETS,
      registers,
    });
    const report = (gauge: Gauge<keyof ConnectorLabels>): void => this.#reportReady(gauge);
    new Gauge<keyof ConnectorLabels>({
      name: 'connectors_controller_connector_ready',
      help: '1 for a Connector that is Ready, 0 for one that is not. Only the leader reports.',
      labelNames: CONNECTOR_LABELS,
      registers,
      collect(): void {
        report(this);
      },
    });
    const reportCounts = (gauge: Gauge<'ready'>): void => this.#reportCounts(gauge);
    new Gauge<'ready'>({
      name: 'connectors_controller_connectors',
      help: 'Connectors, by whether they are Ready. Only the leader reports.',
      labelNames: ['ready'],
      registers,
      collect(): void {
        reportCounts(this);
      },
    });
    this.#leader = new Gauge({ name: 'connectors_controller_leader', help: '1 in the replica that leads.', registers });
  }

  queueHooks(kind: ReconcileKind): WorkQueueHooks {
    return {
      onDepth: (depth) => this.#queueDepth.set({ kind }, depth),
      onStart: (waitedMs) => this.#queueSeconds.observe({ kind }, waitedMs / 1000),
      onDone: (durationMs) => this.#reconcileSeconds.observe({ kind }, durationMs / 1000),
    };
  }

  reconciled(kind: ReconcileKind, result: ReconcileOutcome): void {
    this.#reconciles.inc({ kind, result });
  }

  readonly onProbe: NonNullable<ProberHooks['onProbe']> = ({ kind, outcome, durationMs }) => {
    this.#probeSeconds.observe({ probe: kind, outcome }, durationMs / 1000);
  };

  readonly readiness: ReadinessGauge = {
    set: (owner, ready) => void this.#connectors.set(owner, ready),
    remove: (owner) => void this.#connectors.delete(owner),
  };

  /** Reports the Connectors that are not Ready first, because alerts name them, and the rest together if there are too many. */
  #reportReady(gauge: Gauge<keyof ConnectorLabels>): void {
    gauge.reset();
    const keys = [...this.#connectors.keys()].sort((one, other) => Number(this.#connectors.get(one)) - Number(this.#connectors.get(other)));
    for (const key of keys.slice(0, this.maxConnectors)) {
      gauge.set(connectorLabels(key), Number(this.#connectors.get(key)));
    }
    const others = keys.slice(this.maxConnectors);
    if (others.length > 0) {
      gauge.set(connectorLabels(OTHER_CONNECTORS), others.every((key) => this.#connectors.get(key)) ? 1 : 0);
    }
  }

  #reportCounts(gauge: Gauge<'ready'>): void {
    gauge.reset();
    if (this.#leading) {
      const states = [...this.#connectors.values()];
      const ready = states.filter(Boolean).length;
      gauge.set({ ready: 'true' }, ready);
      gauge.set({ ready: 'false' }, states.length - ready);
    }
  }

  /** Sets whether this replica leads. */
  setLeader(leading: boolean): void {
    this.#leading = leading;
    this.#leader.set(leading ? 1 : 0);
    if (!leading) {
      this.#connectors.clear();
    }
  }
}
