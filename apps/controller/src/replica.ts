import { type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { type Clock } from '@oci-connector/clock';
import { LeaderElection, type InstallationEndpoints, type KubeClient } from '@oci-connector/kube';
import { type Readiness } from '@oci-connector/runtime';
import { type Logger } from 'pino';
import { type ClusterWatches } from './cluster/cluster-watches';
import { type LeaderTerm } from './leader-term';
import { type ControllerMetrics } from './observability/controller-metrics';

export interface ReplicaOptions {
  readonly client: KubeClient;
  readonly watches: ClusterWatches;
  readonly endpoints: InstallationEndpoints;
  readonly metrics: ControllerMetrics;
  readonly readiness: Readiness;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Namespace and name of the Lease, and the identity of this replica. */
  readonly lease: { readonly namespace: string; readonly name: string; readonly identity: string; readonly durationMs: number };
  /** Creates the work of one term. */
  readonly newTerm: () => Pick<LeaderTerm, 'run'>;
}

/** The lifecycle of a replica: it watches from its start, and reconciles while it leads. */
export class Replica implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #election: LeaderElection;

  constructor(private readonly options: ReplicaOptions) {
    const { client, clock, lease, metrics, logger } = options;
    const { namespace, name, identity, durationMs } = lease;
    this.#election = new LeaderElection({
      client,
      clock,
      namespace,
      name,
      identity,
      // The proportions of Kubernetes' own controllers: 15 s, 10 s, 2 s.
      leaseDurationMs: durationMs,
      renewDeadlineMs: (durationMs * 2) / 3,
      retryPeriodMs: (durationMs * 2) / 15,
      onError: (error) => logger.warn({ err: error }, 'the Lease could not be acquired or renewed; it is tried again'),
      onLeading: (leading) => {
        metrics.setLeader(leading);
        logger.info({ identity }, leading ? 'leading' : 'no longer leading');
      },
    });
  }

  get isLeader(): boolean {
    return this.#election.isLeader;
  }

  onApplicationBootstrap(): void {
    const { watches, endpoints, readiness, newTerm } = this.options;
    // A replica that does not lead is also ready: it can take over.
    readiness.register('watches', () => (watches.hasSynced ? undefined : 'the first lists have not arrived from the API server yet'));
    watches.start();
    endpoints.start();
    this.#election.start((term) => newTerm().run(term));
  }

  async onModuleDestroy(): Promise<void> {
    await this.#election.stop();
    await Promise.all([this.options.watches.stop(), this.options.endpoints.stop()]);
  }
}
