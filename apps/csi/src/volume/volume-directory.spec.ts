import { on } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
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
    directory = new VolumeDirectory(root, { size: SIZE, now: Date.now });
  });

  afterEach(() => rmSync(root, { recursive: true }));

  const visible = (): Record<string, string> =>
    Object.fromEntries(
      readdirSync(root)
        .filter((name) => !name.startsWith('..'))
        .map((name) => [name, readFileSync(path.join(root, name), 'utf8')]),
    );
  const hidden = (): string[] =>
    readdirSync(root)
      .filter((name) => name.startsWith('..'))
      .sort();
  const mode = (name: string): string => (statSync(path.join(root, name)).mode & 0o777).toString(8);

  it('writes files that every user may read', () => {
    expect(directory.write(files({ one: '1', '.env': 'e' }))).toBe(true);
    expect(visible()).toEqual({ one: '1', '.env': 'e' });
    expect([mode('one'), mode('..data')]).toEqual(['444', '755']);
  });

  it("lets only the pod's group read when the pod has one", () => {
    const group = process.getgid?.() ?? 0;
    new VolumeDirectory(root, { size: SIZE, group, now: Date.now }).write(files({ one: '1' }));
    expect(mode('one')).toBe('440');
    expect(statSync(path.join(root, 'one')).gid).toBe(group);
  });

  it('replaces all files in one step and leaves none of the earlier ones', () => {
    directory.write(files({ one: '1', two: '2' }));
    const before = VolumeDirectory.currentSet(root);
    expect(directory.write(files({ one: 'I', three: '3' }))).toBe(true);
    const after = VolumeDirectory.currentSet(root);
    expect(visible()).toEqual({ one: 'I', three: '3' });
    expect(after).not.toBe(before);
    expect(hidden()).toEqual(['..data', after].sort());
  });

  it('writes nothing when nothing changed', () => {
    directory.write(files({ one: '1' }));
    const before = VolumeDirectory.currentSet(root);
    expect(directory.write(files({ one: '1' }))).toBe(false);
    expect(VolumeDirectory.currentSet(root)).toBe(before);
  });

  it('writes bytes that are no text unchanged, and compares them as bytes', () => {
    // Both are the same text after decoding as UTF-8, with replacement characters.
    const [one, other] = [Buffer.from([0xff, 0x00, 0x80]), Buffer.from([0xfe, 0x00, 0x81])];
    const set = (content: Buffer): FileSet => new Map([['store.p12', content]]);
    expect([directory.write(set(one)), directory.write(set(one)), directory.write(set(other))]).toEqual([true, false, true]);
    expect(readFileSync(path.join(root, 'store.p12'))).toEqual(other);
  });

  it('completes an interrupted write', () => {
    directory.write(files({ one: '1' }));
    mkdirSync(path.join(root, '..2020_broken'));
    writeFileSync(path.join(root, '..2020_broken', 'one'), 'half');
    symlinkSync('..2020_broken', path.join(root, '..data_tmp'));
    rmSync(path.join(root, 'one'));
    expect(directory.write(files({ one: '1' }))).toBe(false);
    expect(visible()).toEqual({ one: '1' });
    directory.write(files({ one: '2' }));
    expect(visible()).toEqual({ one: '2' });
    expect(hidden()).toHaveLength(2);
  });

  it('rejects files that do not fit and keeps the existing ones', () => {
    directory.write(files({ one: '1' }));
    expect(() => directory.write(files({ one: 'x'.repeat(SIZE + 1) }))).toThrow(expect.objectContaining({ code: 'VolumeFull' }) as Error);
    expect(visible()).toEqual({ one: '1' });
    expect(hidden()).toHaveLength(2);
  });

  it.each([
    ['that fits only once', { one: 'x'.repeat(SIZE * 0.6) }],
    [
      'of many small files, each of which takes a block',
      Object.fromEntries(Array.from({ length: 20 }, (_item, index) => [`file-${index}`, 'x'])),
    ],
  ])('rejects a set %s, because it could not be replaced', (_what, entries) => {
    expect(() => directory.write(files(entries))).toThrow(expect.objectContaining({ code: 'VolumeFull' }) as Error);
    expect(visible()).toEqual({});
  });

  it.each(['', '.', '..', '..data', '../outside', 'a/b', '/etc/passwd', 'a\0b', 'x'.repeat(256)])(
    'rejects the file name %j and keeps the existing files',
    (name) => {
      directory.write(files({ one: '1' }));
      expect(() => directory.write(files({ one: '2', [name]: 'bad' }))).toThrow('no file of a volume may be named');
      expect(visible()).toEqual({ one: '1' });
    },
  );

  it('never shows a reader a mixture', async () => {
    const set = (n: number): FileSet => files(Object.fromEntries(['a', 'b', 'c', 'd'].map((name) => [name, String(n)])));
    directory.write(set(0));
    const reader = new Worker(READER, { eval: true, workerData: root });
    const events = on(reader, 'message');
    const seen = async (): Promise<unknown> => ((await events.next()).value as unknown[])[0];
    await seen();
    let n = 0;
    // Until the reader has read many sets while others were written.
    for (let reads = 0; reads < 50; reads += 1) {
      for (let times = 0; times < 5; times += 1) {
        directory.write(set((n += 1)));
      }
      expect(await seen()).toBe('whole');
    }
    await reader.terminate();
    expect(visible()).toEqual({ a: String(n), b: String(n), c: String(n), d: String(n) });
  });
});

/** A pod: another thread that reads continuously. After every 20 reads it reports whether each set was whole. */
const READER = `
const { readFileSync, readlinkSync } = require('node:fs');
const { parentPort, workerData: root } = require('node:worker_threads');
function look() {
  // As a client that needs several files of one set: it resolves the link once.
  const current = readlinkSync(root + '/..data');
  const contents = new Set();
  try {
    for (const name of ['a', 'b', 'c', 'd']) contents.add(readFileSync(root + '/' + current + '/' + name, 'utf8'));
    // As all other clients: they open a file by its name, and it must be whole.
    if (!/^\\d+$/.test(readFileSync(root + '/a', 'utf8'))) return 'half a file';
  } catch (error) {
    // The set was replaced and removed in the meantime.
    if (error.code !== 'ENOENT' || readlinkSync(root + '/..data') === current) return error.message;
  }
  if (contents.size > 1) return 'a mixture: ' + [...contents];
  return 'whole';
}
for (;;) {
  let seen = 'whole';
  for (let times = 0; times < 20 && seen === 'whole'; times += 1) seen = look();
  parentPort.postMessage(seen);
}
`;
