import { type Clock } from '@oci-connector/clock';
import { type Connector, type ConnectorClass, type ConnectorKey, PROXY_CA_KEYS, PROXY_CA_NAME } from '@oci-connector/connector-api';
import {
  type ConfigMap,
  ConfigMaps,
  ConnectorClasses,
  Connectors,
  type KubeClient,
  Reflector,
  type WatchFailure,
} from '@oci-connector/kube';
import { merge, type Observable } from 'rxjs';

export interface CsiStateOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  /** Namespace of the installation. */
  readonly namespace: string;
}

/**
 * The Connectors, their classes and the proxy's CA, kept up to date by watches. During an outage of the API server it returns the last
 * known objects.
 */
export class CsiState {
  readonly #connectors: Reflector<Connector>;
  readonly #classes: Reflector<ConnectorClass>;
  readonly #configMaps: Reflector<ConfigMap>;

  constructor({ client, clock, namespace }: CsiStateOptions) {
    this.#connectors = new Reflector({ client, clock, type: Connectors });
    this.#classes = new Reflector({ client, clock, type: ConnectorClasses });
    this.#configMaps = new Reflector({ client, clock, type: ConfigMaps, namespace, name: PROXY_CA_NAME });
  }

  /** Emits each failed list or watch. The reflector tries again by itself. */
  get failures(): Observable<WatchFailure> {
    return merge(this.#connectors.failures, this.#classes.failures, this.#configMaps.failures);
  }

  get hasSynced(): boolean {
    return this.#connectors.hasSynced && this.#classes.hasSynced && this.#configMaps.hasSynced;
  }

  connector(key: ConnectorKey): Connector | undefined {
    return this.#connectors.get(key);
  }

  connectorClass(name: string): ConnectorClass | undefined {
    return this.#classes.get({ name });
  }

  /** The proxy's CA in PEM; two certificates during a rotation. */
  caCertificates(): string | undefined {
    return this.#configMaps.list()[0]?.data?.[PROXY_CA_KEYS.bundle] || undefined;
  }

  start(): void {
    this.#connectors.start();
    this.#classes.start();
    this.#configMaps.start();
  }

  async stop(): Promise<void> {
    await Promise.all([this.#connectors.stop(), this.#classes.stop(), this.#configMaps.stop()]);
  }
}
