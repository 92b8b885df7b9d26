import { mkdir, symlink } from 'node:fs/promises';
import path from 'node:path';
import { runCommand } from '../../processes/run-command';
import { toolPath } from '../toolchain';

/** The programs that commands of pages call, in addition to those of every machine. */
const PROGRAMS = ['kubectl', 'crane', 'jq'];

export interface PageShellOptions {
  /** New directory of the user: home, and where the commands run. */
  readonly directory: string;
  readonly kubeconfig?: string;
  /** Words before the command, which prepare its environment. */
  readonly prefix?: readonly string[];
}

/** A shell in which the commands of a page run as a user enters them. */
export class PageShell {
  private constructor(private readonly options: PageShellOptions) {}

  static async open(options: PageShellOptions): Promise<PageShell> {
    const bin = path.join(options.directory, 'bin');
    await mkdir(bin, { recursive: true });
    for (const name of PROGRAMS) {
      await symlink(toolPath(name), path.join(bin, name));
    }
    return new PageShell(options);
  }

  /**
   * Runs the lines of a block, which ends at the first command that fails.
   *
   * @returns the output
   */
  run(block: string): Promise<string> {
    const { directory, kubeconfig, prefix = [] } = this.options;
    const [file = '', ...args] = [...prefix, 'bash', '-euo', 'pipefail', '-c', block];
    return runCommand([file, ...args], {
      cwd: directory,
      env: {
        HOME: directory,
        PATH: [path.join(directory, 'bin'), '/usr/bin', '/bin'].join(':'),
        ...(kubeconfig === undefined ? {} : { KUBECONFIG: kubeconfig }),
      },
    });
  }
}
