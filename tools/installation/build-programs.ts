import path from 'node:path';
import { runCommand } from '../processes/run-command';
import { workspaceRoot } from '../processes/workspace';

/** Builds the bundles of the programs, or takes them from the cache of Nx, so that an outdated bundle never runs. */
export function buildPrograms(): Promise<void> {
  return (built ??= build());
}

/** The build, which happens once in a run. */
let built: Promise<void> | undefined;

/** Timeout of the build, in milliseconds. A bundle takes ten seconds; the limit is long, so that only a hanging build reaches it. */
const TEN_MINUTES = 600_000;

const build = (): Promise<void> => runBuild('--projects=controller,proxy,csi');

/** Builds the bundles of the programs, and all others of `npm run build`. */
export async function buildAll(): Promise<void> {
  // First, so that a program is not built twice at a time if another part of this run builds it, too.
  await buildPrograms();
  await runBuild();
}

async function runBuild(...options: readonly string[]): Promise<void> {
  const nx = path.join(workspaceRoot, 'node_modules', '.bin', 'nx');
  const command = [process.execPath, nx, 'run-many', '--targets=build', '--outputStyle=static', ...options] as const;
  await runCommand([...command], { cwd: workspaceRoot, env: process.env, timeout: TEN_MINUTES });
}
