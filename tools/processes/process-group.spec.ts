import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ProcessGroup } from './process-group';

describe('ProcessGroup', () => {
  let directory: string;
  let group: ProcessGroup;

  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'process-group-'));
  });

  afterEach(() => group.stopAll());

  afterAll(() => rm(directory, { recursive: true, force: true }));

  it.each([
    { ownSessions: true, told: 'are not told when the terminal tells its own' },
    { ownSessions: false, told: "are told with the terminal's own" },
  ])('starts processes that $told', async ({ ownSessions }) => {
    group = new ProcessGroup(directory, { ownSessions });
    const { pid } = await group.start({ name: `sessions-${ownSessions}`, command: [process.execPath, '-e', 'setInterval(() => {}, 1e6)'] });
    // Negative: all of the group that the kernel tells together of Ctrl-C; is there one that began with this process?
    const askItsGroup = (): boolean => process.kill(-pid, 0);
    if (ownSessions) {
      expect(askItsGroup()).toBe(true);
    } else {
      expect(askItsGroup).toThrow('ESRCH');
    }
    await group.stopAll();
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  it('starts nothing once it is being ended, so that an interrupted start leaves no process behind', async () => {
    group = new ProcessGroup(directory);
    const starting = group.start({ name: 'late', command: [process.execPath, '-e', ''] });
    await group.stopAll();
    await expect(starting).rejects.toThrow('late is not started: all are being ended');
  });
});
