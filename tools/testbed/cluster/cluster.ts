import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { ProcessGroup } from '../../processes/process-group';
import { step } from '../../processes/progress';
import { expectEqual } from '../checks';
import { startApiServer, type ApiServer } from '../api-server';
import { Kubectl } from '../kubectl';
import { type TestbedContext } from '../testbed-context';
import { until } from '../../processes/until';
import { startContainerRuntime } from './container-runtime';
import { startClusterDns, startControllers, type ClusterDns } from './control-plane';
import { startKubeProxy, startKubelet, type Kubelet } from './node-programs';
import { NODE, furnishNodeNetwork } from './node-network';
import { pushBaseImages, startImageRegistry } from './pod-images';

/** A complete Kubernetes with one node, in the world of this process. */
export interface Cluster {
  readonly api: ApiServer;
  readonly kubectl: Kubectl;
  readonly kubelet: Kubelet;
  readonly dns: ClusterDns;
  /** All its processes. They are stopped in reverse order of their start. */
  readonly group: ProcessGroup;
  readonly directory: string;
  /** OCI layout of an image that contains a shell. */
  readonly shellImage: string;
  /** Directory of the logs of containers. */
  readonly podLogs: string;
}

const READY_MS = 60_000;

/** Starts all programs and resolves when the node is ready for pods. The logs of programs and containers are in their own directory. */
export async function startCluster({
  world,
  logDirectory: outer,
  secrets,
}: Pick<TestbedContext, 'world' | 'logDirectory' | 'secrets'>): Promise<Cluster> {
  const directory = path.join(world.directory, 'cluster');
  const logDirectory = path.join(outer, 'cluster');
  const place = (name: string): string => path.join(directory, name);
  const podLogs = path.join(logDirectory, 'pods');
  const group = new ProcessGroup(logDirectory);
  const account = { name: NODE.name, token: randomBytes(24).toString('hex') };
  await furnishNodeNetwork();
  const images = startImageRegistry(group, place('images')).then(() => pushBaseImages(place('images')));
  const runtime = startContainerRuntime(group, place('containerd'));
  const api = await step('starting etcd and kube-apiserver', () =>
    startApiServer(group, place('kubernetes'), NODE.address, { node: account }),
  );
  secrets.push({ name: "the cluster administrator's token", value: api.adminToken }, { name: "the node's token", value: account.token });
  const { socket: runtimeSocket } = await runtime;
  const [kubelet, dns] = await step('starting controller manager, scheduler, DNS, kubelet and kube-proxy', async () => {
    const options = {
      api,
      account,
      world: world.name,
      directory: place('kubelet'),
      runtimeSocket,
      podLogs,
    };
    return Promise.all([
      startKubelet(group, options),
      startClusterDns(group, directory, api.kubeconfig),
      startControllers(group, api),
      startKubeProxy(group, api.kubeconfig),
    ]);
  });
  const kubectl = new Kubectl(api.kubeconfig, directory);
  const shellImage = await images;
  await step('waiting for the node', () => until(READY_MS, () => nodeIsReady(kubectl)));
  return { api, kubectl, kubelet, dns, group, directory, shellImage, podLogs };
}

interface NodeView {
  readonly spec: { readonly taints?: readonly { readonly key: string }[] };
  readonly status: { readonly conditions: readonly { readonly type: string; readonly status: string }[] };
}

/**
 * Checks that new pods can start.
 *
 * @throws Error when the node is not ready for pods
 */
export async function nodeIsReady(kubectl: Kubectl): Promise<void> {
  const { spec, status } = await kubectl.get<NodeView>(['node', NODE.name]);
  expectEqual(status.conditions.find(({ type }) => type === 'Ready')?.status, 'True', 'Ready');
  expectEqual(
    (spec.taints ?? []).map(({ key }) => key),
    [],
    'taints',
  );
  // The controller manager creates it a moment after the namespace; without it no pod can be created.
  await kubectl.run(['get', 'serviceaccount', 'default']);
}
