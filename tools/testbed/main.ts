import { clusterCommand } from './cluster/cluster-command';
import { readCommandLine, suitesNamed } from './command-line.mjs';
import { install } from './install';
import { SECRET_MARK } from './registries';
import { searchLogs } from './secret-search';
import { runSuites } from './suites';
import { toolPath } from './toolchain';
import { enterWorld, insideWorld } from './world';

const args = process.argv.slice(2);

const COMMANDS: Readonly<Record<string, (words: readonly string[]) => Promise<number>>> = {
  install: async () => {
    await install();
    return 0;
  },
  which: async ([tool = '']) => {
    process.stdout.write(`${toolPath(tool)}\n`);
    return 0;
  },
  'search-logs': searchForFixtureSecrets,
  run: async (names) => (insideWorld ? runSuites(suitesNamed(names)) : enterWorld(args)),
  cluster: async (words) => clusterCommand(args, words),
};

/** The known secrets of the fixtures of testbed and sandbox. */
const FIXTURE_SECRETS = [
  { name: 'a password of the testbed', value: SECRET_MARK },
  { name: 'the password of the sandbox', value: 'sandbox-password' },
];

async function searchForFixtureSecrets(directories: readonly string[]): Promise<number> {
  const finds = (await Promise.all(directories.map((directory) => searchLogs(directory, FIXTURE_SECRETS)))).flat();
  for (const find of finds) {
    process.stdout.write(`found ${find}\n`);
  }
  return finds.length === 0 ? 0 : 1;
}

async function main(): Promise<number> {
  const { command, words } = readCommandLine(args);
  const run = COMMANDS[command];
  if (!run) {
    throw new Error(`command ${command} is not implemented`);
  }
  return run(words);
}

main().then(
  (status) => process.exit(status),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
