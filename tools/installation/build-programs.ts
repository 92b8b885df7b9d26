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

async function build(): Promise<void> {
  const nx = path.join(workspaceRoot, 'node_modules', '.bin', 'nx');
  const command = [process.execPath, nx, 'run-many', '--targets=build', '--projects=controller,proxy,csi', '--outputStyle=static'] as const;
  await runCommand([...command], { cwd: workspaceRoot, env: process.env, timeout: TEN_MINUTES });
}
