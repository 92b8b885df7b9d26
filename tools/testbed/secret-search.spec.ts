import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { searchLogs } from './secret-search';

describe('searchLogs', () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'secret-search-'));
    await mkdir(path.join(directory, 'deep'));
  });

  afterEach(() => rm(directory, { recursive: true }));

  const secrets = [{ name: 'the password', value: 'hunter2/+x' }];
  const jwt = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJzeXN0ZW0ifQ.c2lnbmF0dXJlLXNpZ25hdHVyZQ';

  it.each([
    ['plain', 'password hunter2/+x'],
    ['in base64', `auth ${Buffer.from('hunter2/+x').toString('base64')}`],
    ['in the base64 of a header', Buffer.from('robot:hunter2/+x').toString('base64')],
    ['in the base64 of another header', Buffer.from('ci:hunter2/+x').toString('base64')],
    ['encoded for a URL', 'https://x/?p=hunter2%2F%2Bx'],
  ])('finds a secret %s', async (_form, line) => {
    await writeFile(path.join(directory, 'deep', 'proxy.log'), `${line}\n`);
    const finds = await searchLogs(directory, secrets);
    expect(finds).toEqual([`the password in ${path.join(directory, 'deep', 'proxy.log')}`]);
    expect(finds.join()).not.toContain('hunter2');
  });

  it('finds every token', async () => {
    await writeFile(path.join(directory, 'proxy.log'), `token=${jwt}`);
    expect(await searchLogs(directory, [])).toHaveLength(1);
  });

  it('reports a directory that does not exist, and what to do', async () => {
    await expect(searchLogs(path.join(directory, 'nope'), secrets)).rejects.toThrow(
      /^cannot read the directory \S+nope \(ENOENT\); name one that contains logs/,
    );
  });

  it('finds nothing in clean logs', async () => {
    await writeFile(path.join(directory, 'proxy.log'), 'all quiet\n');
    expect(await searchLogs(directory, secrets)).toEqual([]);
  });
});
