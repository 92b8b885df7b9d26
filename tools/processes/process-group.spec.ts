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
    { ownSessions: false, told: 'are told with the terminal\'s own' },
  ])('starts processes that $told', async ({ ownSessions }) => {
    const group = new ProcessGroup(directory, { ownSessions });
    const { pid, logFile } = await group.start({
      name: `sessions-${ownSessions}`,
      // The group that the kernel tells of Ctrl-C: proc(5), the third field after the name.
      command: [process.execPath, '-e', `setInterval(() => {}, 1e6); console.log(fs.readFileSync('/proc/self/stat', 'utf8').split(') ')[1].split(' ')[2])`],
      ready: async () => (await readFile(path.join(directory, `sessions-${ownSessions}.log`), 'utf8')).includes('\n'),
    });
    const processGroup = Number(await readFile(logFile, 'utf8'));
    await group.stopAll();
    expect(processGroup === pid).toBe(ownSessions);
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });
});
