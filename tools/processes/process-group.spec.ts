import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ProcessGroup } from './process-group';

describe('ProcessGroup', () => {
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'process-group-'));
  });

  afterAll(() => rm(directory, { recursive: true, force: true }));

  it.each([
    { ownSessions: true, told: 'are not told when the terminal tells its own' },
    { ownSessions: false, told: "are told with the terminal's own" },
  ])('starts processes that $told', async ({ ownSessions }) => {
    const group = new ProcessGroup(directory, { ownSessions });
    const { pid } = await group.start({ name: `sessions-${ownSessions}`, command: [process.execPath, '-e', 'setInterval(() => {}, 1e6)'] });
    const itsGroup = await kernelGroup(pid);
    await group.stopAll();
    expect(itsGroup).toBe(ownSessions ? pid : await kernelGroup(process.pid));
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });
});

/** Whom the kernel tells together of Ctrl-C: the third field after the name (proc(5)). */
async function kernelGroup(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2]);
}
