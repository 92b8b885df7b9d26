import { readCommandLine } from './command-line.mjs';
import { readManifests } from '../installation/read-manifests';
import { runSandbox } from './run-sandbox';

async function main(): Promise<number> {
  const { sources, ...options } = readCommandLine(process.argv.slice(2));
  return runSandbox({ ...options, manifests: await readManifests(sources) });
}

main().then(
  (status) => process.exit(status),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
