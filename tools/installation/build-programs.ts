import { runCommand } from '../processes/run-command';

/** Builds the bundles of the programs, so that it is never an old one that is run. */
export function buildPrograms(): Promise<void> {
  return (built ??= build());
}

/** Once in a run is enough. */
let built: Promise<void> | undefined;

async function build(): Promise<void> {
  for (const program of ['controller', 'proxy', 'csi']) {
    await runCommand([process.execPath, 'tools/build.mjs', `apps/${program}`], { env: process.env });
  }
}
