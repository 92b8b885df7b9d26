import { runCommand, tryCommand, type CommandResult } from '../processes/run-command';
import { toolPath } from './toolchain';

/** The real kubectl with one kubeconfig. */
export class Kubectl {
  /** @param home directory of kubectl's discovery cache, which only this kubeconfig may use */
  constructor(
    private readonly kubeconfig: string,
    private readonly home: string,
  ) {}

  /**
   * Runs a command that must succeed.
   *
   * @returns its output
   */
  run(args: readonly string[], input?: string): Promise<string> {
    return runCommand(this.#command(args), { env: this.#environment(), input });
  }

  /** Runs a command and returns its result with any status. */
  try(args: readonly string[], input?: string): Promise<CommandResult> {
    return tryCommand(this.#command(args), { env: this.#environment(), input });
  }

  /** Returns an object, parsed from JSON. */
  async get<T>(args: readonly string[]): Promise<T> {
    return JSON.parse(await this.run(['get', ...args, '-o', 'json'])) as T;
  }

  #command(args: readonly string[]): [string, ...string[]] {
    return [toolPath('kubectl'), `--kubeconfig=${this.kubeconfig}`, ...args];
  }

  #environment(): NodeJS.ProcessEnv {
    return { HOME: this.home, PATH: '/usr/bin:/bin' };
  }
}
