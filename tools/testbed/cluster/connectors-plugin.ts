import { chmod, copyFile, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type NamespacedName } from '../../installation/namespaced-name';
import { tryCommand, type CommandResult } from '../../processes/run-command';
import { workspaceRoot } from '../../processes/workspace';
import { kubeconfigText } from '../api-server';
import { toolPath } from '../toolchain';
import { type Cluster } from './cluster';
import { withClusterNames } from './cluster-names';

/** One line of the report of `connectors check`. */
export interface CheckLine {
  readonly check: string;
  readonly state: 'passed' | 'failed' | 'skipped';
  readonly message: string;
  readonly reason?: string;
}

/** How `connectors check` ended, with its output as JSON. */
export interface CheckReport extends CommandResult {
  readonly results: readonly CheckLine[];
}

/** The bundled command as a plugin of the real kubectl, run by a user who is no administrator. */
export class ConnectorsPlugin {
  private constructor(
    private readonly directory: string,
    private readonly registryCaFile: string,
    private readonly withNames: readonly [string, ...string[]],
  ) {}

  /**
   * Installs the file `kubectl-connectors`, and a kubeconfig of the user.
   *
   * @param registryCaFile the authorities that the installation trusts for registries
   */
  static async install(
    cluster: Pick<Cluster, 'api' | 'kubectl' | 'directory'>,
    user: NamespacedName,
    registryCaFile: string,
  ): Promise<ConnectorsPlugin> {
    const directory = path.join(cluster.directory, 'plugin');
    await mkdir(path.join(directory, 'bin'), { recursive: true });
    const plugin = path.join(directory, 'bin/kubectl-connectors');
    await copyFile(path.join(workspaceRoot, 'dist/connectors/connectors.js'), plugin);
    await chmod(plugin, 0o755);
    const token = await cluster.kubectl.run(['create', 'token', user.name, `--namespace=${user.namespace}`, '--duration=2h']);
    await writeFile(path.join(directory, 'kubeconfig'), kubeconfigText(cluster.api, token.trim()), { mode: 0o600 });
    return new ConnectorsPlugin(directory, registryCaFile, await withClusterNames(directory));
  }

  /** Runs `kubectl connectors ARGS`. */
  run(...args: string[]): Promise<CommandResult> {
    const place = (name: string): string => path.join(this.directory, name);
    return tryCommand([...this.withNames, toolPath('kubectl'), 'connectors', ...args], {
      cwd: this.directory,
      env: {
        HOME: this.directory,
        PATH: [place('bin'), path.dirname(process.execPath), '/usr/bin', '/bin'].join(':'),
        KUBECONFIG: place('kubeconfig'),
        OCI_CONNECTOR_CA_BUNDLE: this.registryCaFile,
      },
    });
  }

  /** Runs `kubectl connectors check NAMESPACE/NAME --output json`. */
  async check({ namespace, name }: NamespacedName, ...args: string[]): Promise<CheckReport> {
    const result = await this.run('check', `${namespace}/${name}`, '--output', 'json', ...args);
    if (!result.stdout.startsWith('{')) {
      throw new Error(`connectors check ended with ${result.status}: ${result.stdout}${result.stderr}`);
    }
    return { ...result, ...(JSON.parse(result.stdout) as Pick<CheckReport, 'results'>) };
  }
}
