import { type KubeClient } from '@oci-connector/kube';
import { type FixtureRegistry } from '@oci-connector/testing-registry';
import { type ProgramOptions } from '../installation/programs';

/** What is running, for the steps that use it. */
export interface Sandbox {
  readonly directory: string;
  readonly kubeconfig: string;
  readonly caFile: string;
  readonly client: KubeClient;
  readonly registry: FixtureRegistry;
  readonly account: { readonly username: string; readonly password: string };
  readonly proxy: { readonly http: string; readonly https: string };
  /** Where the CSI driver serves. */
  readonly csiSocket: string;
  /** In the place of /var/lib/kubelet: the driver writes nowhere else. */
  readonly kubeletDirectory: string;
  readonly pids: Readonly<Record<ProgramOptions['name'], number>>;
}
