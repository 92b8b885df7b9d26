// The command line of `npm run generate`. Imports only Node.js itself; see tools/run.mjs.
import { parseArgs } from 'node:util';

export const COMMAND = 'npm run generate';

const HELP = `npm run generate: writes the CRDs and the reference from the classes in libs/connector-api

Usage:
  npm run generate

Options:
      --accept-breaking-change  replace the committed CRD snapshot even if fields change incompatibly; only for a new version of the API
  -h, --help                    this text
`;

/**
 * @param {readonly string[]} args
 * @returns {{ help?: string }}
 * @throws Error when the arguments are invalid; the message describes the problem
 */
export function readCommandLine(args) {
  const { values } = parseArgs({
    args: [...args],
    options: { 'accept-breaking-change': { type: 'boolean' }, help: { type: 'boolean', short: 'h', default: false } },
  });
  return { help: values.help ? HELP : undefined };
}
