import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Sensitive } from '@oci-connector/sensitive';
import { type SeenVolume, VolumeReader } from './volume-reader';

const TOKENS = ['first-token', 'second-token'] as const;
const login = (token: string): string => Buffer.from(`connectors:${token}`).toString('base64');

/** A volume with three files. Each test corrupts some of them. */
class Volume implements SeenVolume {
  readonly directory = mkdtempSync(path.join(tmpdir(), 'reader-'));
  readonly issued = TOKENS.map((token) => new Sensitive(token));
  delivered = 1;

  constructor() {
    this.exchange('..1', TOKENS[0]);
    for (const name of ['ca.crt', 'config.json', 'context.token']) {
      symlinkSync(path.join('..data', name), path.join(this.directory, name));
    }
  }

  exchange(set: string, token: string, broken: Readonly<Record<string, string>> = {}): void {
    mkdirSync(path.join(this.directory, set));
    const files = { 'ca.crt': 'certificate', 'config.json': `{"auth":"${login(token)}"}`, 'context.token': token, ...broken };
    for (const [name, content] of Object.entries(files)) {
      writeFileSync(path.join(this.directory, set, name), content);
    }
    symlinkSync(set, path.join(this.directory, 'next'));
    renameSync(path.join(this.directory, 'next'), path.join(this.directory, '..data'));
  }
}

describe('VolumeReader', () => {
  let volume: Volume;
  let reader: VolumeReader;

  beforeEach(async () => {
    volume = new Volume();
    reader = await VolumeReader.of(volume);
  });

  afterEach(() => rmSync(volume.directory, { recursive: true, force: true }));

  async function look(): Promise<string[]> {
    await reader.lookThroughDataLink();
    await reader.lookByNames();
    return [...reader.problems];
  }

  it('reports no problem for complete sets, the first and the next', async () => {
    expect(await look()).toEqual([]);
    volume.exchange('..2', TOKENS[1]);
    volume.delivered = 2;
    expect(await look()).toEqual([]);
  });

  it.each([
    ['an empty file', { 'ca.crt': '' }, 'ca.crt has 0 characters that are no complete file'],
    ['half a file', { 'config.json': '{"auth":"' }, 'config.json has 9 characters that are no complete file'],
    ['a token that was never issued', { 'context.token': 'other-token' }, 'context.token has 11 characters that are no complete file'],
    ['a mixture', { 'config.json': `{"auth":"${login(TOKENS[0])}"}` }, 'one set contains 2 tokens'],
  ])('finds %s', async (_name, broken, problem) => {
    volume.exchange('..2', TOKENS[1], broken);
    expect(await look()).toContain(problem);
  });

  it('finds a missing file in both ways', async () => {
    rmSync(path.join(volume.directory, '..data', 'ca.crt'));
    expect(await look()).toEqual(['ca.crt is missing in the current set', 'ca.crt is missing']);
  });

  it('finds a missing link', async () => {
    rmSync(path.join(volume.directory, 'ca.crt'));
    expect(await look()).toEqual(['ca.crt is missing']);
  });

  it('finds files with an older token than the one that the driver confirmed', async () => {
    volume.delivered = 2;
    expect(await look()).toEqual([
      'the driver had confirmed a newer token than the files contain',
      'config.json is older than the files before it',
      'context.token is older than the files before it',
    ]);
  });

  it('reports no token', async () => {
    volume.exchange('..2', TOKENS[1], { 'context.token': 'first-token and more', 'config.json': '' });
    expect((await look()).join()).not.toContain('first-token');
  });
});
