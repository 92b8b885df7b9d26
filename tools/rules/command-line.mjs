// The command line of the check of security rules. Imports nothing but Node.js itself; see tools/run.mjs.

export const COMMAND = 'node tools/run.mjs rules';

const HELP = `${COMMAND}: checks that each test that docs/security-rules.md names ran and passed in the latest npm test
`;

/**
 * @param {readonly string[]} args
 * @returns {{ help?: string }}
 * @throws Error that says what is wrong with the arguments
 */
export function readCommandLine(args) {
  if (args.length === 0) return {};
  if (['-h', '--help'].includes(args[0])) return { help: HELP };
  throw new Error(`unknown: ${args.join(' ')}`);
}
