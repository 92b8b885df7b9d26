import { type Clock } from '@oci-connector/clock';
import { type Connector, type ConnectorClass } from '@oci-connector/connector-api';
import { ConnectorClasses, Connectors, type KubeClient, Reflector, type WatchFailure } from '@oci-connector/kube';
import { filter, map, merge, type Observable } from 'rxjs';

export interface ProxyStateOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
}

/** The Connectors and their classes, kept up to date by watches; during an outage of the API server as they were before it. */
export class ProxyState {
  readonly connectors: Reflector<Connector>;
  readonly classes: Reflector<ConnectorClass>;

  constructor({ client, clock }: ProxyStateOptions) {
    this.connectors = new Reflector({ client, clock, type: Connectors });
    this.classes = new Reflector({ client, clock, type: ConnectorClasses });
  }

  /** Each failed list or watch; they are tried again. */
  get failures(): Observable<WatchFailure> {
    return merge(this.connectors.failures, this.classes.failures);
  }

  /** Each Connector that is gone. */
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
