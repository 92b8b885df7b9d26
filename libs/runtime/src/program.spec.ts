import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Readable, type Writable } from 'node:stream';
import { buildSync } from 'esbuild';

/** Number of lines; they fill several batches of the logger. */
const LINES = 3_000;

const directory = mkdtempSync(join(tmpdir(), 'program-'));
const file = join(directory, 'program.cjs');

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

beforeAll(() => {
  buildSync({
    entryPoints: [join(__dirname, '../test/program-under-test.ts')],
    outfile: file,
    bundle: true,
    platform: 'node',
    external: ['class-transformer'],
    logLevel: 'error',
  });
});

afterAll(() => rmSync(directory, { recursive: true }));

function start(ending: string): Child {
  return spawn(process.execPath, [file, ending, String(LINES)], { stdio: 'pipe' });
}

/** Resolves when the program has written the word to standard error. */
async function said(child: Child, word: string): Promise<void> {
  for await (const text of child.stderr) {
    if (String(text).includes(word)) {
      return;
    }
  }
}

/** Resolves at the end of the program, with its status and everything that it logged. */
async function ended(child: Child): Promise<{ status: number | null; messages: string[]; lines: number[] }> {
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  const [status] = (await once(child, 'close')) as [number | null];
  const text = Buffer.concat(chunks).toString();
  const logged = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { msg: string; line?: number; err?: { message: string } });
  const others = logged.filter(({ msg }) => msg !== 'line');
  return { status, messages: others.map(({ msg, err }) => err?.message ?? msg), lines: logged.flatMap(({ line }) => line ?? []) };
}

const ALL = Array.from({ length: LINES }, (_, index) => index + 1);

describe('a program', () => {
  it('stops on SIGTERM without losing a line', async () => {
    const child = start('run');
    const end = ended(child);
    await said(child, 'running');
    child.kill('SIGTERM');
    expect(await end).toEqual({ status: 0, messages: ['stopping', 'stopped'], lines: ALL });
  });

  it('ends without losing a line when it has nothing to do', async () => {
    expect(await ended(start('nothing-to-do'))).toEqual({ status: 0, messages: [], lines: ALL });
  });

  it('stops after its start when SIGTERM arrives during the start', async () => {
    const child = start('start');
    const end = ended(child);
    await said(child, 'starting');
    child.kill('SIGTERM');
    child.stdin.end();
    expect(await end).toEqual({ status: 0, messages: ['stopping', 'stopped'], lines: ALL });
  });

  it.each([
    ['failed-start', 'no start'],
    ['crash', 'crash'],
  ])('logs the reason of a %s as its last line', async (ending, reason) => {
    const child = start(ending);
    expect(await ended(child)).toEqual({ status: 1, messages: [reason], lines: ALL });
  });
});
