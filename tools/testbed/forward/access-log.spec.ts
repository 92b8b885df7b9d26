import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { checkAccessLog } from './access-log';

const LINE = { client: 'ci/builder', mode: 'forward', action: 'push', repository: 'forward/a', status: 201, outcome: 'ok' };
const PULL = { ...LINE, action: 'pull', status: 200 };

describe('checkAccessLog', () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'access-log-'));
  });

  afterEach(() => rm(directory, { recursive: true }));

  async function check(lines: readonly object[], rows: number): ReturnType<typeof checkAccessLog> {
    const file = path.join(directory, 'proxy.log');
    await writeFile(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    return checkAccessLog(file, 'forward', rows);
  }

  it('counts the repositories of the suite alone', async () => {
    const other = { ...LINE, repository: 'matrix/a', mode: 'reverse' };
    const owned = [LINE, PULL].map((line) => ({ ...line, repository: 'owner/forward/b' }));
    expect(await check([LINE, PULL, other, { ...PULL, repository: 'forward/a-copy' }, ...owned], 2)).toEqual({ passed: 4, failures: [] });
  });

  it('reports another way, and another client', async () => {
    const { failures } = await check([LINE, PULL, { ...PULL, mode: 'reverse' }, { ...PULL, client: undefined }], 1);
    expect(failures).toEqual([
      'access log: forward/a: mode reverse, client ci/builder',
      'access log: forward/a: mode forward, client undefined',
    ]);
  });

  it('reports a repository in which nothing was pulled, or pushed with success', async () => {
    const { failures } = await check([LINE, { ...PULL, repository: 'forward/b' }, { ...LINE, repository: 'forward/b', status: 403 }], 2);
    expect(failures).toEqual(['access log: push in 1 of 2 repositories: forward/a', 'access log: pull in 1 of 2 repositories: forward/b']);
  });
});
