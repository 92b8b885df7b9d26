import path from 'node:path';
import { CSI_DRIVER_NAME } from '@oci-connector/connector-api';
import { type CsiSettings, NOT_REGISTERED } from './csi.config';

/** Name of the registration socket in the kubelet's directory of plugins, as that of the usual sidecar. */
const REGISTRATION_SOCKET = `${CSI_DRIVER_NAME}-reg.sock`;

/** Where the driver and the kubelet meet, below the kubelet's directory unless the settings say otherwise. */
export interface KubeletPaths {
  /** The socket of the driver. */
  readonly socket: string;
  /** For what the driver keeps of each volume; nobody but its user may look into it. */
  readonly keptInputs: string;
  /** The socket by which the kubelet finds the driver; absent when it is not to be found. */
  readonly registrationSocket?: string;
}

/** The kubelet looks for sockets in `plugins_registry` (DefaultKubeletPluginsRegistrationDirName of k8s.io/kubernetes); drivers keep theirs in `plugins/NAME`. */
export function kubeletPaths(settings: Pick<CsiSettings, 'kubeletDirectory' | 'socket' | 'registrationDirectory'>): KubeletPaths {
  const { kubeletDirectory } = settings;
  const registrationDirectory = settings.registrationDirectory || path.join(kubeletDirectory, 'plugins_registry');
  return {
    keptInputs: path.join(kubeletDirectory, 'plugins', CSI_DRIVER_NAME, 'volumes'),
    socket: settings.socket || path.join(kubeletDirectory, 'plugins', CSI_DRIVER_NAME, 'csi.sock'),
    ...(registrationDirectory !== NOT_REGISTERED && { registrationSocket: path.join(registrationDirectory, REGISTRATION_SOCKET) }),
  };
}
