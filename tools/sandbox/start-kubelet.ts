import { Kubelet } from '../kubelet/kubelet';
import { type Pod, type PublishedVolume } from '../kubelet/published-volume';
import { type Sandbox } from './sandbox';

export const DRIVER = 'connectors-csi';

/**
 * Starts the part of the sandbox that replaces the kubelet. It publishes the volumes of all Pods, including those that the user
 * creates later.
 */
export function startKubelet(
  sandbox: Sandbox,
  onPublished: (pod: Pod, volume: PublishedVolume) => void,
  closing: (() => Promise<unknown>)[],
): Kubelet {
  const { client, csiSocket: socket, kubeletDirectory } = sandbox;
  const onProblem = ({ message }: Error): unknown => process.stderr.write(`kubelet of the sandbox: ${message}\n`);
  const kubelet = new Kubelet({ client, socket, kubeletDirectory, driver: DRIVER, onPublished, onProblem });
  kubelet.start();
  // It must stop before the driver.
  closing.unshift(() => kubelet.stop());
  return kubelet;
}
