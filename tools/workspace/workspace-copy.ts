import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { tryCommand } from '../processes/run-command';

const WORKSPACE = path.join(__dirname, '../..');

const FIVE_MINUTES = 5 * 60_000;

/** What a clone does not have. */
const LEFT_OUT = new Set(['.git', 'node_modules', 'dist', 'tmp', '.nx', '.sandbox', '.testbed']);

/** How a command ended, and what it printed. */
export interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** A copy of the workspace with a cache of its own, in which a test may break things. */
export class WorkspaceCopy {
  private constructor(readonly directory: string) {}

  static async make(): Promise<WorkspaceCopy> {
    const directory = await mkdtemp(path.join(tmpdir(), 'workspace-'));
    await cp(WORKSPACE, directory, { recursive: true, filter: (source) => !LEFT_OUT.has(path.relative(WORKSPACE, source)) });
    await symlink(path.join(WORKSPACE, 'node_modules'), path.join(directory, 'node_modules'));
    return new WorkspaceCopy(directory);
  }

  remove(): Promise<void> {
    return rm(this.directory, { recursive: true });
  }

  async write(file: string, text: string): Promise<void> {
    const target = path.join(this.directory, file);
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(target, text);
  }

  read(file: string): Promise<string> {
    return readFile(path.join(this.directory, file), 'utf8');
  }

  /** Replaces a text that stands in the file. */
  async edit(file: string, from: string, to: string): Promise<void> {
    const text = await this.read(file);
    if (!text.includes(from)) {
      throw new Error(`${file} has no ${from}`);
    }
    await this.write(file, text.replace(from, to));
  }

  /** Runs a program of node_modules here: without Nx's daemon, and with nothing of the Nx that runs this test. */
  async run(program: string, ...args: string[]): Promise<Ended> {
    const inherited = Object.entries(process.env).filter(([name]) => !/^(NX_|JEST_|NODE_OPTIONS$|FORCE_COLOR$)/.test(name));
    const env = { ...Object.fromEntries(inherited), NX_DAEMON: 'false', NX_NO_CLOUD: 'true', NO_COLOR: '1' };
    const { status, stdout, stderr } = await tryCommand([path.join('node_modules', '.bin', program), ...args], {
      cwd: this.directory,
      env,
      timeout: FIVE_MINUTES,
    });
    return { code: status, output: `${stdout}${stderr}` };
  }
}
