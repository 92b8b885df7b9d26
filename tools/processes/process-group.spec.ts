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
    { ownSessions: true, effect: 'do not receive the signals of the terminal' },
    { ownSessions: false, effect: 'receive the signals of the terminal' },
  ])('starts processes that $effect', async ({ ownSessions }) => {
    group = new ProcessGroup(directory, { ownSessions });
    const { pid } = await group.start({ name: `sessions-${ownSessions}`, command: [process.execPath, '-e', 'setInterval(() => {}, 1e6)'] });
    // A negative id means the process group, which receives Ctrl-C together. It exists only if the process leads its own group.
    const checkItsGroup = (): boolean => process.kill(-pid, 0);
    if (ownSessions) {
      expect(checkItsGroup()).toBe(true);
    } else {
      expect(checkItsGroup).toThrow('ESRCH');
    }
    await group.stopAll();
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  it('starts nothing after stopAll, so that an interrupted start leaves no process behind', async () => {
    group = new ProcessGroup(directory);
    const starting = group.start({ name: 'late', command: [process.execPath, '-e', ''] });
    await group.stopAll();
    await expect(starting).rejects.toThrow('late is not started: all processes are being ended');
  });
});
