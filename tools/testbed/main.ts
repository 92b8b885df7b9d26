import { clusterCommand } from './cluster/cluster-command';
import { install } from './install';
import { SECRET_MARK } from './registries';
import { searchLogs } from './secret-search';
import { runSuites, SUITES, type SuiteName } from './suites';
import { toolPath } from './toolchain';
import { enterWorld, insideWorld } from './world';

const HELP = `npm run testbed: real registries, real clients and a real API server on this machine

Usage:
  npm run testbed -- install           install or build what is missing (Debian packages, Go tools; needs root and Go 1.26)
  npm run testbed -- run SUITE …       run suites; "all" for every one
  npm run testbed -- cluster up|down   a complete Kubernetes with the product, for people; see cluster --help
  npm run testbed -- which TOOL        the path of an installed tool
  npm run testbed -- search-logs DIR … search all logs below for secrets of fixtures and for tokens
  npm run testbed -- --help            this text

Suites:
${Object.entries(SUITES)
  .map(([name, { summary }]) => `  ${name.padEnd(14)} ${summary}`)
  .join('\n')}

Suites run inside namespaces of their own, with no way out of the network; all their processes end with them.
Logs are kept in .testbed/logs/ and the name of the first suite, results in .testbed/. Runs of different suites may go on at the
same time. The last line is "N passed, N failed".
`;

type Command = (args: readonly string[], names: readonly string[]) => Promise<number>;

const COMMANDS: Readonly<Record<string, Command>> = {
  install: async () => {
    await install();
    return 0;
  },
  which: async (_args, [tool = '']) => {
    process.stdout.write(`${toolPath(tool)}\n`);
    return 0;
  },
  'search-logs': searchForFixtureSecrets,
  run: runNamed,
  cluster: clusterCommand,
  '--help': async () => {
    process.stdout.write(HELP);
    return 0;
  },
};

/** Exit status for wrong arguments. */
const USAGE = 2;

async function main(args: readonly string[]): Promise<number> {
  const [name = '--help', ...rest] = args;
  const command = COMMANDS[name];
  if (command) return command(args, rest);
  process.stderr.write(`unknown: ${args.join(' ')}\n\n${HELP}`);
  return USAGE;
}

/** What the fixtures of tests, testbed and sandbox call secret. */
const FIXTURE_SECRETS = [
  { name: 'a password of the testbed', value: SECRET_MARK },
  { name: 'the password of the sandbox', value: 'sandbox-password' },
];

async function searchForFixtureSecrets(_args: readonly string[], directories: readonly string[]): Promise<number> {
  const finds = (await Promise.all(directories.map((directory) => searchLogs(directory, FIXTURE_SECRETS)))).flat();
  for (const find of finds) process.stdout.write(`found ${find}\n`);
  return finds.length === 0 ? 0 : 1;
}

async function runNamed(args: readonly string[], names: readonly string[]): Promise<number> {
  if (names.length === 0) {
    process.stderr.write('which suites? see npm run testbed -- --help\n');
    return USAGE;
  }
  const wanted = names.includes('all') ? (Object.keys(SUITES) as SuiteName[]) : names;
  const unknown = wanted.filter((name) => !(name in SUITES));
  if (unknown.length > 0) {
    process.stderr.write(`no such suite: ${unknown.join(', ')}; there are ${Object.keys(SUITES).join(', ')}\n`);
    return USAGE;
  }
  if (!insideWorld) return enterWorld(args);
  return runSuites(wanted as SuiteName[]);
}

main(process.argv.slice(2)).then(
  (status) => process.exit(status),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
