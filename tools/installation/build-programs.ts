import path from 'node:path';
import { runCommand } from '../processes/run-command';
import { workspaceRoot } from '../processes/workspace';

/** Builds the bundles of the programs, or finds in the cache of Nx that they are built, so that it is never an old one that is run. */
export function buildPrograms(): Promise<void> {
  return (built ??= build());
}

/** Once in a run is enough. */
let built: Promise<void> | undefined;

/** A bundle takes ten seconds; the limit ends what hangs, it does not judge a machine that is busy. */
const TEN_MINUTES = 600_000;

async function build(): Promise<void> {
  const nx = path.join(workspaceRoot, 'node_modules', '.bin', 'nx');
  const command = [process.execPath, nx, 'run-many', '--targets=build', '--projects=controller,proxy,csi', '--outputStyle=static'] as const;
  await runCommand([...command], { cwd: workspaceRoot, env: process.env, timeout: TEN_MINUTES });
}
