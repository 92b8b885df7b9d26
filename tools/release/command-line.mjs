// The command line of `npm run release`. Imports only Node.js itself; see tools/run.mjs.
import { parseArgs } from 'node:util';

export const COMMAND = 'npm run release';

const HELP = `npm run release: makes what a release of OCI Connector consists of

Usage:
  npm run release -- manifests   writes deploy/install.yaml: the chart with its default values, for kubectl and for the sandbox

Options:
  -h, --help   this text

Needs helm 3, in the PATH or installed by \`npm run testbed -- install\`.
`;

/**
 * @param {readonly string[]} args
 * @returns {{ help?: string }}
 * @throws Error when the arguments are invalid; the message describes the problem
 */
export function readCommandLine(args) {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { help: { type: 'boolean', short: 'h', default: false } },
  });
  if (values.help) return { help: HELP };
  const [command, ...rest] = positionals;
  if (command !== 'manifests' || rest.length > 0)
    throw new Error(`unknown arguments: ${positionals.join(' ') || '(none)'}; the command is manifests`);
  return {};
}
