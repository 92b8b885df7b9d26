import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';

const directory = mkdtempSync(join(tmpdir(), 'web-assembly-'));
const file = join(directory, 'program.cjs');

beforeAll(() => {
  buildSync({ entryPoints: [join(__dirname, '../test/web-assembly-under-test.ts')], outfile: file, bundle: true, platform: 'node' });
});

afterAll(() => rmSync(directory, { recursive: true }));

/** As many rounds make V8 optimize the loop by default: ten times its limit. */
const MANY = 20_000_000;

/** Ten times the limit of `optimizeWebAssemblyLater`. */
const VERY_MANY = 1_500_000_000;

/** Runs the loop, and resolves with what V8 says about it until a text appears. */
async function tracedUntil(text: string, when: 'V8' | 'never' | 'later', rounds: number): Promise<string> {
  const child = spawn(process.execPath, [file, when, String(rounds)], { stdio: 'pipe' });
  let trace = '';
  for await (const part of child.stdout) {
    trace += String(part);
    if (trace.includes(text)) {
      break;
    }
  }
  child.stdin.end();
  await once(child, 'exit');
  return trace;
}

const OPTIMIZED = 'using TurboFan';

it.each([
  ['V8', MANY],
  ['later', VERY_MANY],
] as const)('%s optimizes a function of WebAssembly that is used %i times', async (when, rounds) => {
  expect(await tracedUntil(OPTIMIZED, when, rounds)).toContain(OPTIMIZED);
});

it.each([
  ['never', VERY_MANY],
  ['later', MANY],
] as const)('%s does not optimize a function that is used %i times', async (when, rounds) => {
  expect(await tracedUntil('ran', when, rounds)).not.toContain(OPTIMIZED);
});
