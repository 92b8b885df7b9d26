import path from 'node:path';
import { CSI_DRIVER_NAME } from '@oci-connector/connector-api';
import { type CsiSettings, NOT_REGISTERED } from './csi.config';

/** Name of the registration socket in the kubelet's plugin directory; the node-driver-registrar sidecar uses the same form. */
const REGISTRATION_SOCKET = `${CSI_DRIVER_NAME}-reg.sock`;

/** Paths that the driver shares with the kubelet, below the kubelet's directory unless the settings say otherwise. */
export interface KubeletPaths {
  /** The socket of the driver. */
  readonly socket: string;
  /** Directory of the driver's state of each volume; only the driver's user may read it. */
  readonly keptInputs: string;
  /** The socket by which the kubelet finds the driver; absent when the driver does not register itself. */
  readonly registrationSocket?: string;
}

/**
 * Returns the paths. The kubelet looks for sockets in `plugins_registry` (DefaultKubeletPluginsRegistrationDirName of k8s.io/kubernetes);
 * drivers keep their own files in `plugins/NAME`.
 */
export function kubeletPaths(settings: Pick<CsiSettings, 'kubeletDirectory' | 'socket' | 'registrationDirectory'>): KubeletPaths {
  const { kubeletDirectory } = settings;
  const registrationDirectory = settings.registrationDirectory || path.join(kubeletDirectory, 'plugins_registry');
  return {
    keptInputs: path.join(kubeletDirectory, 'plugins', CSI_DRIVER_NAME, 'volumes'),
    socket: settings.socket || path.join(kubeletDirectory, 'plugins', CSI_DRIVER_NAME, 'csi.sock'),
    ...(registrationDirectory !== NOT_REGISTERED && { registrationSocket: path.join(registrationDirectory, REGISTRATION_SOCKET) }),
  };
}
