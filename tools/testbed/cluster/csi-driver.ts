import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { type NamespacedName } from '../../installation/namespaced-name';
import { until } from '../../processes/until';
import { expectEqual } from '../checks';
import { type Cluster } from './cluster';
import { SYSTEM } from './helm';
import { metricOf } from './metric';

/** The CSI driver of the node. */
export interface CsiDriver {
  /** Path of its socket. */
  readonly socket: string;
  /** Returns the sum of a metric over all its labels. */
  metric(name: string): Promise<number>;
  /** Returns the number of NodePublishVolume calls for this pod, according to the driver's log. It does not ask the API server. */
  publishes(pod: NamespacedName): Promise<number>;
  /** Kills the driver; resolves when its pod is gone. */
  kill(): Promise<void>;
  /** Starts the driver again; resolves when it is ready. */
  start(): Promise<void>;
}

const NAME = 'connectors-csi';
const NAMESPACE = `--namespace=${SYSTEM}`;

/** Limit for a pod to start or to end, in milliseconds. */
const POD_MS = 120_000;

/** No node has this label. */
const NOWHERE = 'testbed.example/nowhere';

interface PodList {
  readonly items: readonly { readonly status: { readonly podIP?: string } }[];
}

/** Returns the driver that the chart has installed. */
export function csiDriverOf({ kubectl, kubelet, podLogs }: Cluster): CsiDriver {
  const pods = async (): Promise<PodList['items']> =>
    (await kubectl.get<PodList>(['pods', NAMESPACE, `--selector=app.kubernetes.io/name=${NAME}`])).items;
  const placed = (nodeSelector: object): Promise<string> =>
    kubectl.run(['patch', 'daemonset', NAME, NAMESPACE, '--patch', JSON.stringify({ spec: { template: { spec: { nodeSelector } } } })]);
  return {
    socket: path.join(kubelet.directory, 'plugins/connectors-csi/csi.sock'),
    metric: async (name) => {
      const [pod] = await pods();
      return metricOf(pod?.status.podIP ?? '', name);
    },
    publishes: async (pod) => callsIn(await logOf(podLogs), 'NodePublishVolume', `${pod.namespace}/${pod.name}`),
    kill: async () => {
      await placed({ [NOWHERE]: 'true' });
      await kubectl.run(['delete', 'pods', NAMESPACE, `--selector=app.kubernetes.io/name=${NAME}`, '--force', '--grace-period=0']);
      await until(POD_MS, async () => expectEqual((await pods()).length, 0, 'pods of the driver'));
    },
    start: async () => {
      await placed({ [NOWHERE]: null });
      await kubectl.run(['rollout', 'status', `daemonset/${NAME}`, NAMESPACE, `--timeout=${POD_MS}ms`]);
    },
  };
}

/** Returns the logs of the driver's containers, from the files of the kubelet. */
async function logOf(podLogs: string): Promise<string> {
  const pods = (await readdir(podLogs)).filter((name) => name.startsWith(`${SYSTEM}_${NAME}-`));
  const files = await Promise.all(
    pods.map(async (pod) => {
      const directory = path.join(podLogs, pod, 'csi');
      return (await readdir(directory)).map((name) => path.join(directory, name));
    }),
  );
  return (await Promise.all(files.flat().map((file) => readFile(file, 'utf8')))).join('');
}

function callsIn(log: string, method: string, pod: string): number {
  return log.split('\n').filter((line) => line.includes(`"method":"${method}"`) && line.includes(`"pod":"${pod}"`)).length;
}
