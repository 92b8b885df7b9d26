import { Kubelet } from '../kubelet/kubelet';
import { type Pod, type PublishedVolume } from '../kubelet/published-volume';
import { type Sandbox } from './sandbox';

export const DRIVER = 'connectors-csi';

/** The sandbox in the kubelet's place: the volumes of all Pods are published, also of those that the user creates later. */
export function startKubelet(
  sandbox: Sandbox,
  onPublished: (pod: Pod, volume: PublishedVolume) => void,
  closing: (() => Promise<unknown>)[],
): Kubelet {
  const { client, csiSocket: socket, kubeletDirectory } = sandbox;
  const onProblem = ({ message }: Error): unknown => process.stderr.write(`the kubelet's part: ${message}\n`);
  const kubelet = new Kubelet({ client, socket, kubeletDirectory, driver: DRIVER, onPublished, onProblem });
  kubelet.start();
  // Before the driver is stopped.
  closing.unshift(() => kubelet.stop());
  return kubelet;
}
