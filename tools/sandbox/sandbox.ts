import { type KubeClient } from '@oci-connector/kube';
import { type FixtureRegistry } from '@oci-connector/testing-registry';
import { type ProgramOptions } from '../installation/programs';

/** The running sandbox: its clients, addresses, files and processes. */
export interface Sandbox {
  readonly directory: string;
  readonly kubeconfig: string;
  readonly caFile: string;
  readonly client: KubeClient;
  readonly registry: FixtureRegistry;
  readonly account: { readonly username: string; readonly password: string };
  readonly proxy: { readonly http: string; readonly https: string };
  /** The socket on which the CSI driver listens. */
  readonly csiSocket: string;
  /** The directory that replaces /var/lib/kubelet. The driver writes only there. */
  readonly kubeletDirectory: string;
  /** The admin URLs of the programs, which serve /metrics, /healthz and /readyz. */
  readonly admin: Readonly<Record<ProgramOptions['name'], string>>;
  readonly pids: Readonly<Record<ProgramOptions['name'], number>>;
}
