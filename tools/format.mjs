// Formats the code with Prettier: `npm run format`, or only checks it: `npm run format -- --check`.
import { fileURLToPath } from 'node:url';
import { continueAs } from './child.mjs';
import { requireDependencies } from './dependencies.mjs';

const args = process.argv.slice(2);
const isCheck = args.length === 1 && args[0] === '--check';
if (args.length > 0 && !isCheck) {
  const asked = ['-h', '--help'].includes(args[0]);
  console[asked ? 'log' : 'error'](
    'usage: npm run format [-- --check]\nFormats all code. With --check, only lists the files that are not formatted.',
  );
  process.exit(asked ? 0 : 2);
}
requireDependencies();
const prettier = fileURLToPath(new URL('../node_modules/prettier/bin/prettier.cjs', import.meta.url));
continueAs(process.execPath, [prettier, '--log-level=warn', isCheck ? '--check' : '--write', '.']);
