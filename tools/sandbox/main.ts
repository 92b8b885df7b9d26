import { type Manifest } from '../installation/apply-manifests';
import { readManifests } from '../installation/read-manifests';
import { COMMAND, readCommandLine } from './command-line.mjs';
import { runSandbox } from './run-sandbox';

/** Exit status for wrong arguments. */
const USAGE = 2;

async function main(): Promise<number> {
  const options = readCommandLine(process.argv.slice(2));
  let manifests: Manifest[];
  try {
    manifests = await readManifests(options.sources);
  } catch (error) {
    // A mistake in the arguments, like a file that does not exist; see tools/run.mjs.
    console.error(`${(error as Error).message}\nsee ${COMMAND} -- --help`);
    return USAGE;
  }
  return runSandbox({ ...options, manifests });
}

main().then(
  (status) => process.exit(status),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
