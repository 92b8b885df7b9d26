import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { eventually } from '@oci-connector/testing-kit';
import { CommandShell } from './command-shell';

describe('CommandShell', () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'commands-'));
  const shell = new CommandShell();
  const file = (name: string): string => path.join(directory, name);

  afterAll(() => rmSync(directory, { recursive: true }));

  it('passes every word unchanged', async () => {
    const words = ['a b', '$(touch x)', "'", '"', '\\', '*', '', '-n', '; exit 3', '%s', 'ü'];
    await shell.run('sh', '-c', 'out=$1; shift; printf "%s\\n" "$@" > "$out"', 'sh', file('words'), ...words);
    expect(readFileSync(file('words'), 'utf8').split('\n').slice(0, -1)).toEqual(words);
  });

  it('reports the exit status and the output', async () => {
    await expect(shell.run('sh', '-c', 'echo one; echo two >&2; exit 32')).rejects.toMatchObject({
      message: 'exit status 32',
      output: 'one\ntwo',
    });
  });

  it('reports a command that does not exist, and runs the next one', async () => {
    await expect(shell.run('no-such-command')).rejects.toMatchObject({ output: expect.stringContaining('not found') as string });
    await shell.run('true');
  });

  it('runs commands one after the other, each with its own result', async () => {
    const outcomes = await Promise.allSettled([shell.run('sh', '-c', 'sleep 0.05; exit 1'), shell.run('true'), shell.run('false')]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected']);
  });

  it('rejects a word that would start another command', async () => {
    await expect(shell.run('true', 'a\n1\nfalse')).rejects.toThrow('line feed');
    await shell.run('true');
  });

  it('gives a command no access to the commands that wait', async () => {
    const both = [shell.run('cat'), shell.run('sh', '-c', 'touch "$1"', 'sh', file('next'))];
    await Promise.all(both);
    expect(existsSync(file('next'))).toBe(true);
  });

  describe('a command that hangs', () => {
    // The clock advances only when the command has reported that it runs, so a slow machine does not matter.
    beforeEach(() => jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] }));
    afterEach(() => jest.useRealTimers());

    it('is ended with all its child processes, and the next command runs', async () => {
      const command = shell.run('sh', '-c', 'echo $$ > "$1"; sleep 1000', 'sh', file('hanging'));
      await endOf(command, 'hanging');
      await shell.run('true');
    });

    it('is ended when its shell has died', async () => {
      const command = shell.run('sh', '-c', 'kill -KILL $PPID; echo $$ > "$1"; exec sleep 1000', 'sh', file('orphan'));
      await endOf(command, 'orphan');
      await shell.run('true');
    });

    /** Waits until the command has written its process ID, lets its timeout pass, and waits for the end of its process. */
    async function endOf(command: Promise<void>, name: string): Promise<void> {
      const refused = expect(command).rejects.toThrow('not done within 10000 ms');
      const pid = await eventually(() => /^\d+(?=\n)/.exec(textOf(file(name)))?.[0]);
      jest.advanceTimersByTime(10_000);
      await refused;
      // The command line of a zombie is empty.
      await eventually(() => textOf(`/proc/${pid}/cmdline`) === '' || undefined);
    }
  });

  it('starts a new shell when the shell was ended', async () => {
    await expect(shell.run('sh', '-c', 'kill -KILL $PPID')).rejects.toThrow('has ended');
    await shell.run('true');
  });

  it('ends a command that prints too much', async () => {
    await expect(shell.run('yes')).rejects.toThrow('prints too much');
    await shell.run('true');
  });
});

/** Returns an empty text while the file does not exist. Reading a file of a process that ends fails with ESRCH. */
function textOf(place: string): string {
  try {
    return readFileSync(place, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) {
      return '';
    }
    throw error;
  }
}
