import { runCommand } from '../processes/run-command';

/** Builds the bundles of the programs, so that it is never an old one that is run. */
export async function buildPrograms(): Promise<void> {
  for (const program of ['controller', 'proxy', 'csi']) {
    await runCommand([process.execPath, 'tools/build.mjs', `apps/${program}`], { env: process.env });
  }
}
