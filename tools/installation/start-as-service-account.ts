import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { DEFAULT_NAMESPACE } from '@oci-connector/connector-api';
import { type KubeClient } from '@oci-connector/kube';
import { type Sensitive } from '@oci-connector/sensitive';
import { type ProcessGroup } from '../processes/process-group';
import { requestToken } from './request-token';
import { type ProgramOptions, type RunningProgram, startProgram } from './programs';

export interface ServiceAccountStart extends Omit<ProgramOptions, 'kubeconfig'> {
  readonly group: ProcessGroup;
  /** Client of an administrator, who may request tokens. */
  readonly client: KubeClient;
  /** Directory of the program's kubeconfig, NAME.kubeconfig. */
  readonly directory: string;
  /** Returns a kubeconfig with this token. */
  readonly kubeconfigWith: (token: Sensitive) => string;
}

/** Calls {@link startProgram} with a token of the program's ServiceAccount in `deploy/`, and so with its permissions. */
export async function startAsServiceAccount({
  group,
  client,
  directory,
  kubeconfigWith,
  ...program
}: ServiceAccountStart): Promise<RunningProgram> {
  const token = await requestToken(client, { namespace: DEFAULT_NAMESPACE, name: `connectors-${program.name}` });
  const kubeconfig = path.join(directory, `${program.name}.kubeconfig`);
  await writeFile(kubeconfig, kubeconfigWith(token), { mode: 0o600 });
  return startProgram(group, { ...program, kubeconfig });
}
