import { join } from 'node:path';
import { type Condition, type Connector, type ConnectorClass, type ConditionType, type KubeObject } from '@oci-connector/connector-api';
import { StaticCredential, type KubeConnection } from '@oci-connector/kube';
import { createLogger } from '@oci-connector/runtime';
import { Sensitive } from '@oci-connector/sensitive';
import { CapturedLog, eventually } from '@oci-connector/testing-kit';
import { readInstallManifest, startKubeApi, type KubeApiServer, type KubeApiOptions } from '@oci-connector/testing-kube-api';
import { ControllerSettings } from '../src/controller.config';
import { startController, type RunningController, type StartControllerOptions } from '../src/start-controller';

const root = join(__dirname, '..', '..', '..');

/** Starts an embedded Kubernetes API with the CRDs, the shipped roles and the class `oci`. */
export async function startCluster(options: KubeApiOptions = {}): Promise<KubeApiServer> {
  const api = await startKubeApi({ crds: [join(root, 'deploy/chart/crds')], ...options });
  api.applyYaml(readInstallManifest(join(root, 'deploy/install.yaml')));
  return api;
}

/** Returns a connection with the controller's ServiceAccount, so that the tests use the shipped roles. */
export function controllerConnection(api: KubeApiServer): KubeConnection {
  const token = api.issueToken({ namespace: 'connectors-system', name: 'connectors-controller' });
  return { server: api.url, tls: { ca: api.ca }, credential: StaticCredential.bearer(new Sensitive(token)) };
}

export interface ControllerFixture {
  readonly settings?: Partial<ControllerSettings>;
  readonly options?: StartControllerOptions;
  readonly log?: CapturedLog;
}

/** Starts a replica that may contact loopback addresses and has a short Lease. */
export async function startReplica(api: KubeApiServer, fixture: ControllerFixture = {}): Promise<RunningController> {
  const defaults = { adminHost: '127.0.0.1', adminPort: 0, egressAllowCidrs: ['127.0.0.1/32'], leaseDuration: 3_000 };
  const settings = Object.assign(new ControllerSettings(), defaults, fixture.settings);
  const logger = createLogger({ name: 'connectors-controller', level: 'debug', destination: fixture.log ?? new CapturedLog() });
  return startController(settings, logger, { connection: controllerConnection(api), ...fixture.options });
}

/** A test's access to the objects of a cluster. */
export class Cluster {
  constructor(readonly api: KubeApiServer) {}

  get<T>(kind: string, name: string, namespace?: string): T | undefined {
    return this.api.get({ apiVersion: apiVersionOf(kind), kind, name, namespace }) as unknown as T | undefined;
  }

  /** Creates or replaces an object, without the metadata that the server sets. */
  apply(object: KubeObject): void {
    const metadata = { ...object.metadata, uid: undefined, resourceVersion: undefined, generation: undefined };
    this.api.apply(JSON.parse(JSON.stringify({ ...object, metadata })) as KubeObject);
  }

  list<T>(kind: string, namespace?: string): T[] {
    return this.api.list({ apiVersion: apiVersionOf(kind), kind, namespace }) as unknown as T[];
  }

  delete(kind: string, name: string, namespace?: string): void {
    this.api.delete({ apiVersion: apiVersionOf(kind), kind, name, namespace });
  }

  connector(name: string, namespace = 'default'): Connector | undefined {
    return this.get<Connector>('Connector', name, namespace);
  }

  condition(name: string, type: ConditionType, namespace = 'default'): Condition | undefined {
    return this.connector(name, namespace)?.status?.conditions?.find((condition) => condition.type === type);
  }

  /** Waits until the condition has this status (and reason). */
  async untilCondition(name: string, type: ConditionType, expected: Partial<Condition>): Promise<Condition> {
    const isIt = (condition: Condition | undefined): boolean =>
      condition !== undefined && Object.entries(expected).every(([field, value]) => condition[field as keyof Condition] === value);
    const found = (): Condition | undefined => {
      const condition = this.condition(name, type);
      return isIt(condition) ? condition : undefined;
    };
    return eventually(found, () => `${name} ${type} ${JSON.stringify(expected)}; it has ${JSON.stringify(this.connector(name)?.status)}`);
  }

  connectorClass(name: string): ConnectorClass | undefined {
    return this.get<ConnectorClass>('ConnectorClass', name);
  }

  /** Returns `TYPE REASON` of each Event of the object, oldest first. */
  events(name: string): string[] {
    interface CoreEvent extends KubeObject {
      readonly type: string;
      readonly reason: string;
      readonly involvedObject: { readonly name: string };
    }
    return this.list<CoreEvent>('Event')
      .filter(({ involvedObject }) => involvedObject.name === name)
      .map(({ type, reason }) => `${type} ${reason}`);
  }
}

const GROUPS: Readonly<Record<string, string>> = {
  Connector: 'connectors.alauda.io/v1alpha1',
  ConnectorClass: 'connectors.alauda.io/v1alpha1',
  Lease: 'coordination.k8s.io/v1',
};

function apiVersionOf(kind: string): string {
  return GROUPS[kind] ?? 'v1';
}
