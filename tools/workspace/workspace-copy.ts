import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { tryCommand } from '../processes/run-command';

const WORKSPACE = path.join(__dirname, '../..');

const FIVE_MINUTES = 5 * 60_000;

/** Directories that a new clone does not contain. */
const LEFT_OUT = new Set(['.git', 'node_modules', 'dist', 'tmp', '.nx', '.sandbox', '.testbed']);

/** Exit code and output of a command. */
export interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** A copy of the workspace with its own cache, which a test may change. */
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

  /**
   * Replaces a text in a file.
   *
   * @throws Error when the file does not contain it
   */
  async edit(file: string, from: string, to: string): Promise<void> {
    const text = await this.read(file);
    if (!text.includes(from)) {
      throw new Error(`${file} does not contain ${from}`);
    }
    await this.write(file, text.replace(from, to));
  }

  /** Runs a program of node_modules in the copy, without Nx's daemon and without the variables of the Nx that runs this test. */
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
