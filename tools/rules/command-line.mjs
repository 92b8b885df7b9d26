// The command line of the check of security rules. Imports only Node.js itself; see tools/run.mjs.

export const COMMAND = 'node tools/run.mjs rules';

const HELP = `${COMMAND}: checks that each test that docs/security-rules.md names ran and passed in the latest npm test
`;

/**
 * @param {readonly string[]} args
 * @returns {{ help?: string }}
 * @throws Error when the arguments are invalid; the message describes the problem
 */
export function readCommandLine(args) {
  if (args.length === 0) return {};
  if (['-h', '--help'].includes(args[0])) return { help: HELP };
  throw new Error(`unknown arguments: ${args.join(' ')}`);
}
