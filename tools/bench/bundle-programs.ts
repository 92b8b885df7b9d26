import { runCommand } from '../processes/run-command';

/** Builds the programs that are measured, so that it is never an old bundle that is. */
export async function bundle(programs: readonly string[]): Promise<void> {
  for (const program of programs) await runCommand([process.execPath, 'tools/build.mjs', `apps/${program}`], { env: process.env });
}
