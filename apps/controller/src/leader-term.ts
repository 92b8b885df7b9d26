import { randomBytes } from 'node:crypto';
import { type Clock, sleep } from '@oci-connector/clock';
import { PROXY_CA_NAME, SEALING_KEYS_NAME } from '@oci-connector/connector-api';
import { type Probes } from '@oci-connector/diagnosis';
import { type EgressPolicy } from '@oci-connector/egress';
import {
  EventRecorder,
  KubeApiError,
  WorkQueue,
  formatKey,
  onChange,
  parseKey,
  runReconciler,
  type KubeClient,
  type ObjectKey,
  type Reconciler,
  type ReconcileTrigger,
  type RunningReconciler,
} from '@oci-connector/kube';
import { LogFields } from '@oci-connector/runtime';
import { type Logger } from 'pino';
import { of } from 'rxjs';
import { CertificateAuthorityReconciler } from './certificate-authority/certificate-authority.reconciler';
import { type ClusterWatches } from './cluster/cluster-watches';
import { ConnectorClassReconciler, connectorClassTriggers } from './connector-class/connector-class.reconciler';
import { ConnectorReconciler } from './connector/connector.reconciler';
import { connectorTriggers } from './connector/connector.watches';
import { ConnectorStatusWriter } from './connector/connector-status.writer';
import { TransitionEvents } from './connector/transition-events';
import { type ControllerSettings } from './controller.config';
import { type Installation } from './installation';
import { type ControllerMetrics, type ReconcileKind } from './observability/controller-metrics';
import { Prober } from './probing/prober';
import { SealingKeyReconciler } from './sealing-key/sealing-key.reconciler';

/** Dependencies of a term. */
export interface LeaderTermOptions {
  readonly settings: ControllerSettings;
  readonly installation: Installation;
  readonly client: KubeClient;
  readonly watches: ClusterWatches;
  readonly egress: EgressPolicy;
  /** Of all terms, because they remember refused credentials: another term is no reason to send one again. */
  readonly probes: Probes;
  /** Certificates in PEM that are trusted for registries, in addition to the system's roots. */
  readonly installationCa: readonly string[];
  readonly metrics: ControllerMetrics;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly random: () => number;
}

/** Starts at 100 ms: conflicts pass quickly, and a Connector should be Ready within two seconds. */
const BACK_OFF = { backOffInitialMs: 100, backOffMaxMs: 60_000 };

/** Longest wait for Events at the end of a term, in milliseconds: less than the remaining time of a Lease that could not be renewed. */
const EVENTS_GRACE_MS = 2_000;

/** The work of the leader, from its election to the end of its term. */
export class LeaderTerm {
  readonly #now: () => number;
  readonly #events: EventRecorder;
  readonly #transitions: TransitionEvents;
  readonly #running: RunningReconciler[] = [];

  constructor(private readonly options: LeaderTermOptions) {
    const { client, clock, logger } = options;
    this.#now = () => clock.now();
    this.#events = new EventRecorder({
      client,
      clock,
      component: 'connectors-controller',
      onError: (error) => logger.warn({ err: error }, 'an Event could not be written'),
    });
    this.#transitions = new TransitionEvents({ events: this.#events, clock });
  }

  /** Works until the signal aborts. Resolves when all work has ended. */
  async run(term: AbortSignal): Promise<void> {
    const { clock, settings, metrics, logger, random } = this.options;
    const prober = new Prober({
      periods: { liveness: settings.livenessPeriod, credential: settings.credentialPeriod, refused: settings.refusedPeriod },
      concurrency: settings.probeConcurrency,
      hooks: {
        onProbe: metrics.onProbe,
        onError: (kind, error) => logger.error({ err: error, probe: kind }, 'a probe failed with an internal error'),
      },
      clock,
      random,
    });
    // The CA first: its bundle is part of every Connector's status.
    this.#keep('CertificateAuthority', PROXY_CA_NAME, this.#certificateAuthority());
    this.#keep('SealingKey', SEALING_KEYS_NAME, this.#sealingKey());
    this.#classes();
    const connectors = this.#connectors(prober);
    prober.onChange((owner) => connectors.add(parseKey(owner)));
    await ended(term);
    await Promise.all([...this.#running.map((reconciler) => reconciler.stop()), prober.stop()]);
    this.#transitions.stop();
    await this.#flushEvents();
  }

  /** Writes queued Events, but does not delay the end of the term for longer than {@link EVENTS_GRACE_MS}. */
  async #flushEvents(): Promise<void> {
    const flushed = new AbortController();
    await Promise.race([this.#events.flush(), sleep(this.options.clock, EVENTS_GRACE_MS, flushed.signal)]);
    flushed.abort();
  }

  #connectors(prober: Prober): RunningReconciler {
    const { settings, installation, client, watches, egress, probes, installationCa, metrics, clock, random } = this.options;
    const writer = new ConnectorStatusWriter({ client, events: this.#transitions, gauge: metrics.readiness });
    const tools = {
      client,
      view: watches,
      installation,
      prober,
      probes,
      egress,
      clock,
      installationCa,
      timeouts: { liveness: settings.livenessTimeout, credential: settings.credentialTimeout },
      fingerprintKey: randomBytes(32),
    };
    const reconciler = new ConnectorReconciler({ tools, writer, now: this.#now, random });
    return this.#start(
      'Connector',
      reconciler,
      connectorTriggers(watches, (connector) => writer.isOwnWrite(connector)),
    );
  }

  #classes(): void {
    const { client, installation, watches } = this.options;
    const reconciler = new ConnectorClassReconciler({ client, view: watches, installation, events: this.#events, now: this.#now });
    this.#start('ConnectorClass', reconciler, connectorClassTriggers(watches));
  }

  #certificateAuthority(): Reconciler {
    const { client, settings, logger } = this.options;
    const policy = { lifetimeMs: settings.caLifetime, publicationMs: settings.caPublication };
    const onStep = (step: string): void => logger.info({ object: PROXY_CA_NAME, step }, 'certificate authority of the proxy changed');
    return new CertificateAuthorityReconciler({ client, policy, now: this.#now, onStep });
  }

  #sealingKey(): Reconciler {
    const { client, logger } = this.options;
    const onStep = (step: string): void => logger.info({ object: SEALING_KEYS_NAME, step }, 'sealing key changed');
    return new SealingKeyReconciler({ client, now: this.#now, onStep });
  }

  /** Starts the reconciler of one Secret of the installation and, for the CA, of the ConfigMap of the same name. */
  #keep(kind: ReconcileKind, name: string, reconciler: Reconciler): void {
    const { watches, installation } = this.options;
    const key = { namespace: installation.namespace, name };
    const isIt = ({ key: changed }: { key: string }): ObjectKey[] => (changed === formatKey(key) ? [key] : []);
    this.#start(kind, reconciler, [
      // Reconciles once at the start, when the objects do not exist yet.
      { reflector: watches.caConfigMap, keys: of(key) },
      ...watches.secrets.map((secrets) => onChange(secrets, isIt)),
      onChange(watches.caConfigMap, isIt),
    ]);
  }

  #start(kind: ReconcileKind, reconciler: Reconciler, triggers: readonly ReconcileTrigger[]): RunningReconciler {
    const { settings, metrics, clock } = this.options;
    const queue = new WorkQueue({
      ...BACK_OFF,
      concurrency: kind === 'Connector' ? settings.concurrency : 1,
      hooks: metrics.queueHooks(kind),
      clock,
    });
    const running = runReconciler({
      reconciler,
      triggers,
      queue,
      onError: (key, error) => this.#logFailure(`${kind} ${formatKey(key)}`, error),
      onOutcome: (outcome) => metrics.reconciled(kind, outcome),
    });
    this.#running.push(running);
    return running;
  }

  /** Logs a failed reconcile. A conflict only means that the object changed during the reconcile. */
  #logFailure(object: string, error: unknown): void {
    const level = error instanceof KubeApiError && error.isConflict ? 'debug' : 'warn';
    this.options.logger[level]({ err: error, [LogFields.object]: object }, 'reconcile failed; it is tried again');
  }
}

function ended(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
    } else {
      signal.addEventListener('abort', () => resolve(), { once: true });
    }
  });
}
