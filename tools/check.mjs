// The gate of every change: generate -> format -> lint -> typecheck -> test -> every security rule has a test that passed -> no file has changed.
import { execFileSync, spawnSync } from 'node:child_process';
import { requireDependencies } from './dependencies.mjs';

if (process.argv.length > 2) {
  const asked = ['-h', '--help'].includes(process.argv[2]);
  console[asked ? 'log' : 'error'](
    'usage: npm run check\nThe gate of every change: generate, format, lint, typecheck, test, and the security rules: each has tests that passed. It fails if a step changes a file.',
  );
  process.exit(asked ? 0 : 2);
}
requireDependencies();

const status = () => execFileSync('git', ['status', '--porcelain'], { encoding: 'utf8' });
const steps = [
  ['generate', 'npm', ['run', '--silent', 'generate']],
  ['format', 'npm', ['run', '--silent', 'format', '--', '--check']],
  ['lint', 'npm', ['run', '--silent', 'lint', '--', '--outputStyle=stream']],
  ['typecheck', 'npm', ['run', '--silent', 'typecheck', '--', '--outputStyle=stream']],
  ['test', 'npm', ['test']],
  ['security rules', process.execPath, ['tools/run.mjs', 'rules']],
];

const before = status();
for (const [name, command, args] of steps) {
  console.log(`\n== ${name}`);
  const { status: code } = spawnSync(command, args, { stdio: 'inherit' });
  if (code !== 0) {
    console.error(`check: ${name} failed`);
    process.exit(1);
  }
}
if (status() !== before) {
  console.error(`check: files have changed; commit the output of "npm run generate":\n${status()}`);
  process.exit(1);
}
console.log('\ncheck: passed');
