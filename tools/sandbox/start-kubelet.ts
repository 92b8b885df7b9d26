import { CSI_DRIVER_NAME } from '@oci-connector/connector-api';
import { Kubelet, type KubeletOptions } from '../kubelet/kubelet';
import { type Sandbox } from './sandbox';

/**
 * Starts the part of the sandbox that replaces the kubelet. It publishes the volumes of all Pods, including those that the user
 * creates later.
 */
export function startKubelet(
  sandbox: Sandbox,
  listeners: Pick<KubeletOptions, 'onPublished' | 'onRefused'>,
  closing: (() => Promise<unknown>)[],
): Kubelet {
  const { client, csiSocket: socket, kubeletDirectory } = sandbox;
  const onProblem = ({ message }: Error): unknown => process.stderr.write(`kubelet of the sandbox: ${message}\n`);
  const kubelet = new Kubelet({ client, socket, kubeletDirectory, driver: CSI_DRIVER_NAME, ...listeners, onProblem });
  kubelet.start();
  // It must stop before the driver.
  closing.unshift(() => kubelet.stop());
  return kubelet;
}
