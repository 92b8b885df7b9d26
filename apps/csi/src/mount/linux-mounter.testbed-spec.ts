import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, statfsSync, writeFileSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import path from 'node:path';
import { VolumeDirectory } from '../volume/volume-directory';
import { LinuxMounter, MOUNT_SOURCE } from './linux-mounter';

/** Bytes of a volume; a whole number of pages, so that it is what statfs(2) shows. */
const SIZE = 1024 * 1024;

/** Linux has the option noswap of tmpfs since 6.4. */
const [major = 0, minor = 0] = release().split('.').map(Number);
const KNOWS_NOSWAP = major > 6 || (major === 6 && minor >= 4);

/** Needs root; mounts on its own directories. */
describe('LinuxMounter, as root', () => {
  let directory: string;
  let target: string;
  const mounter = new LinuxMounter({ size: SIZE, onSwappable: () => undefined });

  beforeEach(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'mounts-'));
    target = path.join(directory, 'a volume');
    mkdirSync(target);
  });
  afterEach(async () => {
    await mounter.unmount(target);
    rmSync(directory, { recursive: true });
  });

  const mountsOf = (place: string): string[] =>
    readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .filter((line) => line.split(' ')[4] === place.replaceAll(' ', '\\040'));

  it('mounts a tmpfs of the given size, with nosuid, nodev and noexec', async () => {
    await mounter.mount(target);
    const [mount, ...others] = mountsOf(target);
    expect(others).toEqual([]);
    expect(mount?.split(' - ')[1]).toMatch(new RegExp(`^tmpfs ${MOUNT_SOURCE} `));
    expect(mount?.split(' ')[5]?.split(',')).toEqual(expect.arrayContaining(['nosuid', 'nodev', 'noexec']));
    expect(mount?.includes(',noswap')).toBe(KNOWS_NOSWAP);
    const { blocks, bsize } = statfsSync(target);
    expect({ bytes: blocks * bsize, mode: statSync(target).mode & 0o777 }).toEqual({ bytes: SIZE, mode: 0o755 });
  });

  it('finds its mounts among other directories', async () => {
    const other = path.join(directory, 'other');
    mkdirSync(other);
    await mounter.mount(target);
    expect([mounter.isMounted(target), mounter.isMounted(other)]).toEqual([true, false]);
    expect([...(await mounter.mountedAmong([other, target]))]).toEqual([target]);
  });

  it('unmounts, also a volume that was mounted twice, and leaves an empty directory', async () => {
    await mounter.mount(target);
    writeFileSync(path.join(target, 'file'), 'content');
    await mounter.mount(target);
    await mounter.unmount(target);
    expect(mountsOf(target)).toEqual([]);
    expect(mounter.isMounted(target)).toBe(false);
    expect(readdirSync(target)).toEqual([]);
    await mounter.unmount(target);
  });

  it('reports why a volume that is in use cannot be unmounted', async () => {
    await mounter.mount(target);
    const inside = path.join(target, 'inside');
    mkdirSync(inside);
    await mounter.mount(inside);
    await expect(mounter.unmount(target)).rejects.toMatchObject({
      code: 'MountFailed',
      message: expect.stringMatching(/^umount failed: .*busy/) as string,
    });
    await mounter.unmount(inside);
  });

  describe('when the tmpfs is full', () => {
    const before = new Map([
      ['context.token', 'first'],
      ['ca.crt', 'certificate'],
    ]);
    const after = new Map([
      ['context.token', 'second'],
      ['config.json', '{}'],
    ]);
    const filler = (): string => path.join(target, 'filler');

    /** Uses every free page. */
    function fill(): void {
      const page = Buffer.alloc(4096);
      expect(() => {
        for (let pages = 0; pages <= SIZE / page.length; pages += 1) {
          writeFileSync(filler(), page, { flag: 'a' });
        }
      }).toThrow('ENOSPC');
    }

    it('keeps the earlier files whole, and writes new ones when there is space again', async () => {
      await mounter.mount(target);
      const volume = new VolumeDirectory(target, { size: SIZE, now: Date.now });
      volume.write(before);
      const set = VolumeDirectory.currentSet(target);
      fill();
      expect(() => volume.write(after)).toThrow(expect.objectContaining({ code: 'VolumeFull' }) as Error);
      expect(VolumeDirectory.currentSet(target)).toBe(set);
      expect(readdirSync(target).sort()).toEqual(['..data', set, 'ca.crt', 'context.token', 'filler'].sort());
      expect(readFileSync(path.join(target, 'context.token'), 'utf8')).toBe('first');
      rmSync(filler());
      expect(volume.write(after)).toBe(true);
      expect(readFileSync(path.join(target, 'context.token'), 'utf8')).toBe('second');
      expect(existsSync(path.join(target, 'ca.crt'))).toBe(false);
    });

    it('leaves nothing of a first set that does not fit', async () => {
      await mounter.mount(target);
      fill();
      expect(() => new VolumeDirectory(target, { size: SIZE, now: Date.now }).write(before)).toThrow(
        expect.objectContaining({ code: 'VolumeFull' }) as Error,
      );
      expect(VolumeDirectory.currentSet(target)).toBeUndefined();
      expect(readdirSync(target)).toEqual(['filler']);
    });
  });
});
