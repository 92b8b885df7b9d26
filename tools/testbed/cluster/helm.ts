import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { DEFAULT_NAMESPACE } from '@oci-connector/connector-api';
import { stringify } from 'yaml';
import { runCommand } from '../../processes/run-command';
import { workspaceRoot } from '../../processes/workspace';
import { toolPath } from '../toolchain';

/** Limit of a command that waits for pods, in milliseconds. They take some ten seconds; the limit only ends a command that hangs. */
const TIMEOUT_MS = 300_000;

/** The namespace of the installation. */
export const SYSTEM = DEFAULT_NAMESPACE;

export const CHART = path.join(workspaceRoot, 'deploy/chart');

/** The real helm with the cluster's kubeconfig. */
export class Helm {
  /** @param cluster with a directory for files of values and for Helm's own */
  constructor(private readonly cluster: { readonly kubeconfig: string; readonly directory: string }) {}

  /** Runs a command that must succeed. @returns its output */
  run(args: readonly string[]): Promise<string> {
    const { kubeconfig, directory } = this.cluster;
    const env = { HOME: directory, PATH: '/usr/bin:/bin', KUBECONFIG: kubeconfig };
    return runCommand([toolPath('helm'), ...args], { env, timeout: TIMEOUT_MS });
  }

  /** Writes values to a file. @returns the option for it */
  async values(name: string, values: object): Promise<string> {
    const file = path.join(this.cluster.directory, `${name}.yaml`);
    await writeFile(file, stringify(values));
    return `--values=${file}`;
  }
}
