import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runCommand } from './processes/run-command';

const keptBundle = path.join(__dirname, 'kept-bundle.mjs');
const INPUT = 'tools/bench/main.ts';

/** Time of the files and start of bundling, in seconds since the epoch. */
const WRITTEN = 1000;
const BEGAN = 2000;

describe('a bundle is rebuilt only when that would change it', () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'kept-bundle-'));
    for (const file of ['tools/bundle.mjs', 'tools/unused-parts.mjs', 'tsconfig.base.json', 'package-lock.json', INPUT, 'out.js']) {
      write(file, 'before', WRITTEN);
    }
  });

  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  function write(file: string, text: string, at: number): void {
    mkdirSync(path.dirname(path.join(directory, file)), { recursive: true });
    writeFileSync(path.join(directory, file), text);
    utimesSync(path.join(directory, file), at, at);
  }

  const call = (expression: string): Promise<string> =>
    runCommand(
      [
        process.execPath,
        '--input-type=module',
        '-e',
        `const { isCurrent, keep } = await import(${JSON.stringify(keptBundle)}); console.log(String(${expression}));`,
      ],
      { cwd: directory },
    );
  const keep = (): Promise<string> => call(`keep('out.js', ['${INPUT}'], ${BEGAN * 1000})`);
  const isCurrent = async (): Promise<boolean> => (await call(`isCurrent('out.js')`)).trim() === 'true';

  it.each<[string, () => void, boolean]>([
    ['nothing has changed', () => undefined, true],
    ['another file has changed', () => write('tools/bench/other.ts', 'after', 3000), true],
    ['an input has changed', () => write(INPUT, 'after!', 3000), false],
    ['an input was removed', () => rmSync(path.join(directory, INPUT)), false],
    ['the dependencies have changed', () => write('package-lock.json', 'after', 3000), false],
    ['the bundler has changed', () => write('tools/bundle.mjs', 'after', 3000), false],
    ['the bundle was removed', () => rmSync(path.join(directory, 'out.js')), false],
    ['the record is incomplete', () => write('out.js.inputs.json', '{', 3000), false],
  ])('%s', async (_what, change, current) => {
    expect(await isCurrent()).toBe(false);
    await keep();
    change();
    expect(await isCurrent()).toBe(current);
  });

  it('an input that changed during bundling counts as changed', async () => {
    write(INPUT, 'after', BEGAN + 1);
    await keep();
    expect(await isCurrent()).toBe(false);
  });
});
