import { type Clock } from '@oci-connector/clock';
import { type Connector, type ConnectorClass, type KubeObject, PROXY_CA_NAME } from '@oci-connector/connector-api';
import { CONNECTOR_LABEL } from '@oci-connector/diagnosis';
import {
  ConfigMaps,
  ConnectorClasses,
  Connectors,
  Reflector,
  Secrets,
  Services,
  metadataOf,
  type ConfigMap,
  type KubeClient,
  type ObjectKey,
  type PartialObjectMetadata,
  type ReflectorOptions,
  type Service,
  type WatchFailure,
} from '@oci-connector/kube';
import { merge, type Observable } from 'rxjs';
import { publishedBundle } from '../certificate-authority/ca-objects';
import { type ClusterView } from './cluster-view';
import { CONNECTOR_INDEXES } from './connector-indexes';

export interface ClusterWatchesOptions {
  readonly client: KubeClient;
  /** Namespace of the installation. */
  readonly namespace: string;
  /** Namespaces whose Secrets the controller may watch; empty: all namespaces, with one watch. */
  readonly secretNamespaces: readonly string[];
  readonly clock: Clock;
}

/** The watches of the controller. They run in every replica, so that a new leader already has the objects. */
export class ClusterWatches implements ClusterView {
  readonly connectors: Reflector<Connector>;
  readonly classes: Reflector<ConnectorClass>;
  /** Metadata only: watches never receive the data of Secrets. */
  readonly secrets: readonly Reflector<PartialObjectMetadata>[];
  /** Only Services with our label, because a cluster has many. */
  readonly services: Reflector<Service>;
  readonly caConfigMap: Reflector<ConfigMap>;
  readonly #all: readonly Pick<Reflector<KubeObject>, 'start' | 'stop' | 'hasSynced' | 'failures'>[];

  constructor({ client, clock, namespace, secretNamespaces }: ClusterWatchesOptions) {
    const watch = <T extends KubeObject>(options: Omit<ReflectorOptions<T>, 'client' | 'clock'>): Reflector<T> =>
      new Reflector<T>({ ...options, client, clock });
    const scopes = secretNamespaces.length === 0 ? [undefined] : [...new Set([...secretNamespaces, namespace])];
    this.connectors = watch({ type: Connectors, indexers: CONNECTOR_INDEXES });
    this.classes = watch({ type: ConnectorClasses });
    this.secrets = scopes.map((scope) => watch({ type: metadataOf(Secrets), namespace: scope }));
    this.services = watch({ type: Services, labelSelector: CONNECTOR_LABEL });
    this.caConfigMap = watch({ type: ConfigMaps, namespace, name: PROXY_CA_NAME });
    this.#all = [this.connectors, this.classes, ...this.secrets, this.services, this.caConfigMap];
  }

  /** Emits each failed list or watch. The reflector tries again by itself. */
  get failures(): Observable<WatchFailure> {
    return merge(...this.#all.map(({ failures }) => failures));
  }

  start(): void {
    for (const reflector of this.#all) {
      reflector.start();
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#all.map((reflector) => reflector.stop()));
  }

  /** Whether every watch has received its first list. */
  get hasSynced(): boolean {
    return this.#all.every((reflector) => reflector.hasSynced);
  }

  connector(key: ObjectKey): Connector | undefined {
    return this.connectors.get(key);
  }

  connectorClass(name: string): ConnectorClass | undefined {
    return this.classes.get({ name });
  }

  service(key: ObjectKey): Service | undefined {
    return this.services.get({ namespace: key.namespace, name: key.name });
  }

  caBundle(): string | undefined {
    return publishedBundle(this.caConfigMap.list().find(({ metadata }) => metadata.name === PROXY_CA_NAME));
  }
}
