import { type Clock } from '@oci-connector/clock';
import { type Connector, type ConnectorClass } from '@oci-connector/connector-api';
import { ConnectorClasses, Connectors, type KubeClient, Reflector } from '@oci-connector/kube';

export interface ProxyStateOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  /** Told of each failed list or watch; they are tried again. */
  readonly onError: (resource: string, error: unknown) => void;
}

/** The Connectors and their classes, kept up to date by watches; during an outage of the API server as they were before it. */
export class ProxyState {
  readonly connectors: Reflector<Connector>;
  readonly classes: Reflector<ConnectorClass>;

  constructor({ client, clock, onError }: ProxyStateOptions) {
    this.connectors = new Reflector({ client, clock, type: Connectors, onError: (error) => onError('connectors', error) });
    this.classes = new Reflector({ client, clock, type: ConnectorClasses, onError: (error) => onError('connectorclasses', error) });
  }

  /** Calls the listener with each Connector that is gone. */
  onDeleted(listener: (connector: Connector) => void): void {
    this.connectors.changes.subscribe((change) => {
      if (change.type === 'deleted') {
        listener(change.object);
      }
    });
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
