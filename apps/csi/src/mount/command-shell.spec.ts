import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CommandShell } from './command-shell';

describe('CommandShell', () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'commands-'));
  const shell = new CommandShell();
  const file = (name: string): string => path.join(directory, name);

  afterAll(() => rmSync(directory, { recursive: true }));

  it('hands over every word as it is', async () => {
    const words = ['a b', '$(touch x)', "'", '"', '\\', '*', '', '-n', '; exit 3', '%s', 'ü'];
    await shell.run('sh', '-c', 'out=$1; shift; printf "%s\\n" "$@" > "$out"', 'sh', file('words'), ...words);
    expect(readFileSync(file('words'), 'utf8').split('\n').slice(0, -1)).toEqual(words);
  });

  it('tells the status and what was printed', async () => {
    await expect(shell.run('sh', '-c', 'echo one; echo two >&2; exit 32')).rejects.toMatchObject({ message: 'exit status 32', output: 'one\ntwo' });
  });

  it('says so when there is no such command, and goes on', async () => {
    await expect(shell.run('no-such-command')).rejects.toMatchObject({ output: expect.stringContaining('not found') as string });
    await shell.run('true');
  });

  it('runs commands one after the other, each with its own outcome', async () => {
    const outcomes = await Promise.allSettled([shell.run('sh', '-c', 'sleep 0.05; exit 1'), shell.run('true'), shell.run('false')]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected']);
  });

  it('refuses what would be another command', async () => {
    await expect(shell.run('true', 'a\n1\nfalse')).rejects.toThrow('line feed');
    await shell.run('true');
  });

  it('reads nothing of the commands that wait', async () => {
    const both = [shell.run('cat'), shell.run('sh', '-c', 'touch "$1"', 'sh', file('next'))];
    await Promise.all(both);
    expect(existsSync(file('next'))).toBe(true);
  });

  it('ends a command that hangs, with all that it has started, and goes on', async () => {
    const hasty = new CommandShell(200);
    await expect(hasty.run('sh', '-c', 'echo $$ > "$1"; sleep 1000', 'sh', file('pid'))).rejects.toThrow('not done within 200 ms');
    const pid = readFileSync(file('pid'), 'utf8').trim();
    while (existsSync(`/proc/${pid}/cmdline`) && readFileSync(`/proc/${pid}/cmdline`, 'utf8') !== '') await new Promise(setImmediate);
    await new CommandShell().run('true');
  });

  it('ends a command that hangs and has lost its shell', async () => {
    const hasty = new CommandShell(500);
    await expect(hasty.run('sh', '-c', 'echo $$ > "$1"; kill -KILL $PPID; exec sleep 1000', 'sh', file('orphan'))).rejects.toThrow('not done within 500 ms');
    const pid = readFileSync(file('orphan'), 'utf8').trim();
    while (existsSync(`/proc/${pid}/cmdline`) && readFileSync(`/proc/${pid}/cmdline`, 'utf8') !== '') await new Promise(setImmediate);
    await hasty.run('true');
  });

  it('starts anew when its shell was ended', async () => {
    await expect(shell.run('sh', '-c', 'kill -KILL $PPID')).rejects.toThrow('has ended');
    await shell.run('true');
  });

  it('ends a command that prints without end', async () => {
    await expect(shell.run('yes')).rejects.toThrow('prints too much');
    await shell.run('true');
  });
});
