import { install } from './install';
import { runSuites, SUITES, type SuiteName } from './suites';
import { toolPath } from './toolchain';
import { enterWorld, insideWorld } from './world';

const HELP = `npm run testbed: real registries, real clients and a real API server on this machine

Usage:
  npm run testbed -- install           install or build what is missing (Debian packages, Go tools; needs root and Go 1.26)
  npm run testbed -- run SUITE …       run suites; "all" for every one
  npm run testbed -- which TOOL        the path of an installed tool
  npm run testbed -- --help            this text

Suites:
${Object.entries(SUITES)
  .map(([name, { summary }]) => `  ${name.padEnd(14)} ${summary}`)
  .join('\n')}

Suites run inside a network namespace of their own with no way out, and a mount namespace with its own /etc/hosts.
Logs and results are kept in .testbed/. The last line is "N passed, N failed".
`;

async function main(args: readonly string[]): Promise<number> {
  const [command, ...names] = args;
  if (command === 'install' && names.length === 0) {
    await install();
    return 0;
  }
  if (command === 'which' && names[0] !== undefined) {
    process.stdout.write(`${toolPath(names[0])}\n`);
    return 0;
  }
  if (command === 'run' && names.length > 0) return runNamed(args, names);
  const wantsHelp = command === undefined || command === '--help' || command === '-h';
  (wantsHelp ? process.stdout : process.stderr).write(wantsHelp ? HELP : `unknown: ${args.join(' ')}\n\n${HELP}`);
  return wantsHelp ? 0 : 2;
}

async function runNamed(args: readonly string[], names: readonly string[]): Promise<number> {
  const wanted = names.includes('all') ? (Object.keys(SUITES) as SuiteName[]) : names;
  const unknown = wanted.filter((name) => !(name in SUITES));
  if (unknown.length > 0) {
    process.stderr.write(`no such suite: ${unknown.join(', ')}; there are ${Object.keys(SUITES).join(', ')}\n`);
    return 2;
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
