import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { KubeClient, loadKubeConnection } from '@oci-connector/kube';
import { step } from '../../processes/progress';
import { pushProductImages } from '../images/product-images';
import { type TestbedContext } from '../testbed-context';
import { startCluster, type Cluster } from './cluster';
import { csiDriverOf, type CsiDriver } from './csi-driver';
import { commandsOf, pageBlock } from '../pages/page-blocks';
import { Helm, SYSTEM } from './helm';
import { IMAGE_REGISTRY } from './pod-images';

/** The product in a cluster, as the chart installs it. */
export interface InstalledCluster extends Cluster {
  readonly client: KubeClient;
  readonly helm: Helm;
  readonly csi: CsiDriver;
  /** Returns the containers of the product, each with its id and the number of its restarts. */
  containers(): Promise<string[]>;
}

/** The parameters of a cluster. */
export type ClusterOpening = Pick<TestbedContext, 'world' | 'logDirectory' | 'registryCaFile' | 'secrets' | 'closing'> & {
  /** Values of the chart, in addition to those that every cluster has. */
  readonly values?: object;
  /** Builds the images of the product and pushes them. Default: {@link pushProductImages}. */
  readonly pushImages?: (directory: string, registry: string) => Promise<unknown>;
};

/** Starts a cluster, builds the images of the product, and installs it with the chart. */
export async function startInstalledCluster(opening: ClusterOpening): Promise<InstalledCluster> {
  const cluster = await startCluster(opening);
  opening.closing.unshift(() => cluster.group.stopAll());
  const client = KubeClient.fromConnection(await loadKubeConnection({ kubeconfig: cluster.api.kubeconfig }));
  opening.closing.unshift(() => client.close());
  const { pushImages = pushProductImages } = opening;
  await step('building the images of the product', () => pushImages(path.join(cluster.directory, 'product-images'), IMAGE_REGISTRY));
  const helm = new Helm({ kubeconfig: cluster.api.kubeconfig, directory: cluster.directory });
  await step('installing the product', async () => {
    await installCaBundle(cluster, opening.registryCaFile);
    await helm.run([
      ...documentedInstall(),
      await helm.values('values', valuesFor(cluster)),
      await helm.values('more-values', opening.values ?? {}),
    ]);
  });
  return { ...cluster, client, helm, csi: csiDriverOf(cluster), containers: () => containersOf(cluster) };
}

/** Returns the arguments of the README's command, for the registry of this cluster. */
function documentedInstall(): string[] {
  const commands = commandsOf(pageBlock('install', { REGISTRY: IMAGE_REGISTRY }));
  const [, ...args] = commands.find(([program]) => program === 'helm') ?? [];
  return args;
}

/** Returns the values that every installation in this cluster needs. One replica of each program is enough for checks of the rest. */
export function valuesFor({ kubelet }: Cluster): object {
  return {
    settings: { OCI_CONNECTOR_LOG_LEVEL: 'debug' },
    caBundle: { configMap: 'registry-ca' },
    controller: { replicas: 1 },
    // No load balancer has to notice the end of a replica.
    proxy: { replicas: 1, drainDelaySeconds: 0, graceSeconds: 5 },
    csi: { kubeletDirectory: kubelet.directory },
  };
}

/** Creates the namespace with the ConfigMap of the authorities that the testbed's registries use. */
async function installCaBundle(cluster: Cluster, file: string): Promise<void> {
  await applyJson(cluster, [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: SYSTEM } },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { namespace: SYSTEM, name: 'registry-ca' },
      data: { 'ca.crt': await readFile(file, 'utf8') },
    },
  ]);
}

interface PodList {
  readonly items: readonly {
    readonly metadata: { readonly name: string };
    readonly status: {
      readonly containerStatuses?: readonly { readonly containerID?: string; readonly restartCount: number }[];
    };
  }[];
}

async function containersOf({ kubectl }: Cluster): Promise<string[]> {
  const { items } = await kubectl.get<PodList>(['pods', `--namespace=${SYSTEM}`]);
  return items.flatMap(({ metadata, status }) =>
    (status.containerStatuses ?? []).map(({ containerID, restartCount }) => `${metadata.name} ${containerID} ${restartCount}`),
  );
}

/** Applies objects with `kubectl apply`. */
export async function applyJson({ kubectl }: Pick<Cluster, 'kubectl'>, items: readonly object[]): Promise<void> {
  await kubectl.run(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
}
