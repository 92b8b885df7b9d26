import { type Clock } from '@oci-connector/clock';
import { type Connector, type ConnectorClass } from '@oci-connector/connector-api';
import { ConnectorClasses, Connectors, type KubeClient, Reflector, type WatchFailure } from '@oci-connector/kube';
import { filter, map, merge, type Observable } from 'rxjs';

export interface ProxyStateOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
}

/** The Connectors and their classes, kept up to date by watches. During an outage of the API server they keep their last known state. */
export class ProxyState {
  readonly connectors: Reflector<Connector>;
  readonly classes: Reflector<ConnectorClass>;

  constructor({ client, clock }: ProxyStateOptions) {
    this.connectors = new Reflector({ client, clock, type: Connectors });
    this.classes = new Reflector({ client, clock, type: ConnectorClasses });
  }

  /** Emits each failed list or watch. They are retried. */
  get failures(): Observable<WatchFailure> {
    return merge(this.connectors.failures, this.classes.failures);
  }

  /** Emits each deleted Connector. */
  get deletedConnectors(): Observable<Connector> {
    return this.connectors.changes.pipe(
      filter(({ type }) => type === 'deleted'),
      map(({ object }) => object),
    );
  }

  get hasSynced(): boolean {
    return this.connectors.hasSynced && this.classes.hasSynced;
  }

  start(): void {
    this.connectors.start();
    this.classes.start();
  }

  async stop(): Promise<void> {
    await Promise.all([this.connectors.stop(), this.classes.stop()]);
  }
}
