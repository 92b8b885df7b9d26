import { type KubeClient } from '@oci-connector/kube';
import { type FixtureRegistry } from '@oci-connector/testing';

/** What is running, for the steps that use it. */
export interface Sandbox {
  readonly directory: string;
  readonly kubeconfig: string;
  readonly caFile: string;
  readonly client: KubeClient;
  readonly registry: FixtureRegistry;
  readonly account: { readonly username: string; readonly password: string };
  readonly proxy: { readonly http: string; readonly https: string };
}
