import { cp, readFile } from 'node:fs/promises';
import path from 'node:path';
import { runCommand, tryCommand, type CommandResult } from '../../processes/run-command';
import { workspaceRoot } from '../../processes/workspace';
import { ownStorage } from '../images/product-images';
import { testbedEnvironment } from '../testbed.config';

const TEN_MINUTES = 600_000;

/** A clone of a commit, in which a release is made. */
export class ReleaseClone {
  private constructor(
    readonly directory: string,
    private readonly env: NodeJS.ProcessEnv,
  ) {}

  /**
   * Clones the commit of the workspace. Changes that are not committed are not part of it.
   *
   * @param place its directory, and that of buildah's storage, which {@link ownStorage} explains
   */
  static async make(place: { readonly directory: string; readonly storage: string }): Promise<ReleaseClone> {
    const { directory, storage } = place;
    await runCommand(['git', 'clone', '--quiet', workspaceRoot, directory]);
    // A copy, because bundles contain the paths of packages below the workspace; hard links, if /tmp is on the same file system.
    const modules = path.join(workspaceRoot, 'node_modules');
    const linked = await tryCommand(['cp', '--archive', '--link', modules, directory], { timeout: TEN_MINUTES });
    if (linked.status !== 0) {
      await runCommand(['cp', '--archive', modules, directory], { timeout: TEN_MINUTES });
    }
    const identity = { NAME: 'Testbed', EMAIL: 'testbed@example.com' };
    const env = {
      ...(await ownStorage(storage)),
      // HOME is another one.
      XDG_CACHE_HOME: testbedEnvironment.cacheHome ?? path.join(testbedEnvironment.home, '.cache'),
      ...Object.fromEntries(
        Object.entries(identity).flatMap(([key, value]) => ['AUTHOR', 'COMMITTER'].map((who) => [`GIT_${who}_${key}`, value])),
      ),
      NX_DAEMON: 'false',
      NX_NO_CLOUD: 'true',
      NO_COLOR: '1',
      COSIGN_PASSWORD: 'of the release',
    };
    return new ReleaseClone(directory, env);
  }

  /** Runs `npm run release -- ARGS`, whatever its status. */
  release(...args: string[]): Promise<CommandResult> {
    return tryCommand([process.execPath, 'tools/run.mjs', 'release', ...args], {
      cwd: this.directory,
      env: this.env,
      timeout: TEN_MINUTES,
    });
  }

  /** Runs a command that must succeed. */
  run(command: readonly [string, ...string[]], place = '.'): Promise<string> {
    return runCommand(command, { cwd: path.join(this.directory, place), env: this.env });
  }

  async git(...args: string[]): Promise<string> {
    return (await this.run(['git', ...args])).trim();
  }

  read(file: string): Promise<string> {
    return readFile(path.join(this.directory, file), 'utf8');
  }

  /** Copies a file of this machine into the clone. */
  copy(file: string, target: string): Promise<void> {
    return cp(file, path.join(this.directory, target));
  }
}
