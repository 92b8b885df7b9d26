import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type FileSet, VolumeDirectory } from './volume-directory';

const SIZE = 100_000;

function files(entries: Record<string, string>): FileSet {
  return new Map(Object.entries(entries));
}

describe('VolumeDirectory', () => {
  let root: string;
  let directory: VolumeDirectory;

  beforeEach(() => {
    root = realpathSync(mkdtempSync(path.join(tmpdir(), 'volume-')));
    directory = new VolumeDirectory(root, { size: SIZE });
  });

  afterEach(() => rmSync(root, { recursive: true }));

  const visible = (): Record<string, string> =>
    Object.fromEntries(readdirSync(root).filter((name) => !name.startsWith('..')).map((name) => [name, readFileSync(path.join(root, name), 'utf8')]));
  const hidden = (): string[] => readdirSync(root).filter((name) => name.startsWith('..')).sort();
  const mode = (name: string): string => (statSync(path.join(root, name)).mode & 0o777).toString(8);

  it('writes files that everybody may read', async () => {
    expect(await directory.write(files({ one: '1', '.env': 'e' }))).toBe(true);
    expect(visible()).toEqual({ one: '1', '.env': 'e' });
    expect([mode('one'), mode('..data')]).toEqual(['444', '755']);
  });

  it("lets only the pod's group read where there is one", async () => {
    const group = process.getgid?.() ?? 0;
    await new VolumeDirectory(root, { size: SIZE, group }).write(files({ one: '1' }));
    expect(mode('one')).toBe('440');
    expect(statSync(path.join(root, 'one')).gid).toBe(group);
  });

  it('exchanges all files at once and leaves nothing of those before', async () => {
    await directory.write(files({ one: '1', two: '2' }));
    const before = VolumeDirectory.currentSet(root);
    expect(await directory.write(files({ one: 'I', three: '3' }))).toBe(true);
    const after = VolumeDirectory.currentSet(root);
    expect(visible()).toEqual({ one: 'I', three: '3' });
    expect(after).not.toBe(before);
    expect(hidden()).toEqual(['..data', after].sort());
  });

  it('writes nothing when nothing changed', async () => {
    await directory.write(files({ one: '1' }));
    const before = VolumeDirectory.currentSet(root);
    expect(await directory.write(files({ one: '1' }))).toBe(false);
    expect(VolumeDirectory.currentSet(root)).toBe(before);
  });

  it('takes up a write that broke off', async () => {
    await directory.write(files({ one: '1' }));
    mkdirSync(path.join(root, '..2020_broken'));
    writeFileSync(path.join(root, '..2020_broken', 'one'), 'half');
    symlinkSync('..2020_broken', path.join(root, '..data_tmp'));
    rmSync(path.join(root, 'one'));
    expect(await directory.write(files({ one: '1' }))).toBe(false);
    expect(visible()).toEqual({ one: '1' });
    await directory.write(files({ one: '2' }));
    expect(visible()).toEqual({ one: '2' });
    expect(hidden()).toHaveLength(2);
  });

  it('refuses what does not fit and keeps what is there', async () => {
    await directory.write(files({ one: '1' }));
    await expect(directory.write(files({ one: 'x'.repeat(SIZE + 1) }))).rejects.toMatchObject({ code: 'VolumeFull' });
    expect(visible()).toEqual({ one: '1' });
    expect(hidden()).toHaveLength(2);
  });

  it.each([
    ['that fits only while it is alone', { one: 'x'.repeat(SIZE * 0.6) }],
    ['of many small files, each of which takes a block', Object.fromEntries(Array.from({ length: 20 }, (_item, index) => [`file-${index}`, 'x']))],
  ])('refuses a set %s: it could not be exchanged', async (_what, entries) => {
    await expect(directory.write(files(entries))).rejects.toMatchObject({ code: 'VolumeFull' });
    expect(visible()).toEqual({});
  });

  it.each(['', '.', '..', '..data', '../outside', 'a/b', '/etc/passwd', 'a\0b', 'x'.repeat(256)])('refuses the file name %j and keeps what is there', async (name) => {
    await directory.write(files({ one: '1' }));
    await expect(directory.write(files({ one: '2', [name]: 'bad' }))).rejects.toThrow('no file of a volume may be called');
    expect(visible()).toEqual({ one: '1' });
  });

  it('never shows a reader a mixture', async () => {
    const set = (n: number): FileSet => files(Object.fromEntries(['a', 'b', 'c', 'd'].map((name) => [name, String(n)])));
    await directory.write(set(0));
    let done = false;
    let seen = 0;
    const read = async (): Promise<void> => {
      while (!done) {
        await new Promise(setImmediate);
        // What a client that wants several files of one set does: the link is followed once.
        const current = realpathSync(path.join(root, '..data'));
        const contents = new Set(readdirSync(current).map((name) => readFileSync(path.join(current, name), 'utf8')));
        expect(contents.size).toBe(1);
        // And what all others do: a name, whole whenever it is opened.
        expect(readFileSync(path.join(root, 'a'), 'utf8')).toMatch(/^\d+$/);
        seen += 1;
      }
    };
    const reader = read();
    for (let n = 1; n <= 50; n += 1) await directory.write(set(n));
    done = true;
    await reader;
    expect(seen).toBeGreaterThan(0);
    expect(visible()).toEqual({ a: '50', b: '50', c: '50', d: '50' });
  });
});
