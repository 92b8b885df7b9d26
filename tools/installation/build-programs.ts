import { runCommand } from '../processes/run-command';

/** Builds the bundles of the programs, so that it is never an old one that is run. */
export function buildPrograms(): Promise<void> {
  return (built ??= build());
}

/** Once in a run is enough. */
let built: Promise<void> | undefined;

/** A bundle takes ten seconds; the limit ends what hangs, it does not judge a machine that is busy. */
const TEN_MINUTES = 600_000;

async function build(): Promise<void> {
  for (const program of ['controller', 'proxy', 'csi']) {
    await runCommand([process.execPath, 'tools/build.mjs', `apps/${program}`], { env: process.env, timeout: TEN_MINUTES });
  }
}
