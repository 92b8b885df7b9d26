import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { endLeftOver } from './end-left-over';

describe('endLeftOver: the programs of a killed sandbox', () => {
  let directory: string;
  const children: ChildProcess[] = [];

  beforeEach(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'left-over-'));
  });

  afterEach(() => {
    for (const child of children.splice(0)) {
      child.kill('SIGKILL');
    }
    rmSync(directory, { recursive: true, force: true });
  });

  async function start(...args: string[]): Promise<ChildProcess> {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6); console.log("up")', ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    await once(child.stdout ?? child, 'data');
    return child;
  }

  it('ends a program, but not another process that now has the pid', async () => {
    const program = await start(path.join(process.cwd(), 'dist/apps/proxy/main.js'));
    const stranger = await start('something else');
    const state = path.join(directory, 'sandbox.json');
    writeFileSync(state, JSON.stringify({ pids: { proxy: program.pid, controller: stranger.pid } }));
    const ended = once(program, 'exit');
    await endLeftOver(state);
    expect(await ended).toEqual([null, 'SIGTERM']);
    expect([stranger.exitCode, stranger.signalCode]).toEqual([null, null]);
  });

  it('does nothing if there was no sandbox', async () => {
    await expect(endLeftOver(path.join(directory, 'absent.json'))).resolves.toBeUndefined();
  });
});
