import { KubeClient, loadKubeConnection } from '@oci-connector/kube';
import { buildPrograms } from '../../installation/build-programs';
import { installProduct } from '../../installation/install-product';
import { proxySettings, type RunningProgram } from '../../installation/programs';
import { freePort } from '../../processes/free-port';
import { step } from '../../processes/progress';
import { launchProgram } from '../start-product';
import { type TestbedContext } from '../testbed-context';
import { startCluster, type Cluster } from './cluster';
import { startCsiDriver, type CsiDriver, type CsiDriverOptions } from './csi-driver';
import { NODE } from './node-network';

/** The product in a cluster. Its programs run as processes of the node, each with its own ServiceAccount. */
export interface InstalledCluster extends Cluster {
  readonly client: KubeClient;
  readonly controller: RunningProgram;
  readonly proxy: RunningProgram;
  readonly csi: CsiDriver;
}

/** The parameters of a cluster. */
export type ClusterOpening = Pick<TestbedContext, 'world' | 'logDirectory' | 'registryCaFile' | 'secrets' | 'closing'> &
  Pick<CsiDriverOptions, 'csiDriverFile' | 'tokenSeconds'> & {
    /** Settings of the controller. */
    readonly controllerSettings?: Readonly<Record<string, string>>;
  };

/**
 * Starts a cluster, installs the manifests of `deploy/`, starts the programs, and directs the proxy's Service to the proxy on
 * this node.
 */
export async function startInstalledCluster(opening: ClusterOpening): Promise<InstalledCluster> {
  const [cluster] = await Promise.all([startCluster(opening), buildPrograms()]);
  opening.closing.unshift(() => cluster.group.stopAll());
  const { api, group, directory } = cluster;
  const client = KubeClient.fromConnection(await loadKubeConnection({ kubeconfig: api.kubeconfig }));
  opening.closing.unshift(() => client.close());
  await step('installing the product', () => installProduct(client));
  const [http, https] = [await freePort(), await freePort()];
  await applyJson(cluster, proxyService(http, https));
  const context = { ...opening, group, directory };
  const programs = { api, client };
  return step('starting controller, proxy and CSI driver', async () => {
    const [controller, proxy, csi] = await Promise.all([
      launchProgram(context, programs, 'controller', opening.controllerSettings ?? {}),
      launchProgram(context, programs, 'proxy', proxySettings({ host: NODE.address, http, https })),
      startCsiDriver({ ...opening, cluster, programs }),
    ]);
    return { ...cluster, client, controller, proxy, csi };
  });
}

/** Applies objects with `kubectl apply`. */
export async function applyJson({ kubectl }: Pick<Cluster, 'kubectl'>, items: readonly object[]): Promise<void> {
  await kubectl.run(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
}

/**
 * Returns the Service of the proxy. The proxy is a process of the node here, not a pod, so the Service has no selector but
 * explicit endpoints.
 */
function proxyService(http: number, https: number): object[] {
  const metadata = { namespace: 'connectors-system', name: 'connectors-proxy-service' };
  const port = (name: string, number: number): object => ({ name, port: number, protocol: 'TCP' });
  return [
    { apiVersion: 'v1', kind: 'Service', metadata, spec: { ports: [port('http', 80), port('https', 443)] } },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { ...metadata, labels: { 'kubernetes.io/service-name': metadata.name } },
      addressType: 'IPv4',
      endpoints: [{ addresses: [NODE.address], conditions: { ready: true } }],
      ports: [port('http', http), port('https', https)],
    },
  ];
}
