import { type KubeClient } from '@oci-connector/kube';
import { type RunningProgram } from '../installation/programs';
import { type ApiServer } from './api-server';

/** The installed product, with a Connector for every registry of the testbed. */
export interface Product {
  readonly api: ApiServer;
  readonly client: KubeClient;
  readonly controller: RunningProgram;
  readonly proxy: RunningProgram;
  /** File with the CA of the proxy's certificates. */
  readonly caFile: string;
  /** Requests a new token of the ServiceAccount that may push, pull and delete. */
  token(): Promise<string>;
}
