import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CommandError } from './command-shell';
import { LinuxMounter } from './linux-mounter';

describe('LinuxMounter', () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'mounter-'));
  const options = { size: 1024 * 1024, onSwappable: () => undefined };
  const mounter = new LinuxMounter({ ...options, mountInfoFile: path.join(__dirname, 'testdata', 'mountinfo') });

  afterAll(() => rmSync(directory, { recursive: true }));

  it('recognises its own mounts by their source', async () => {
    const pods = '/var/lib/kubelet/pods';
    const ours = `${pods}/0d0b9a7c-2f0e-4f43-9d6b-6f2d7a2a7f51/volumes/kubernetes.io~csi/registry/mount`;
    const foreign = `${pods}/7b4d1e90-5d0c-4a53-8a26-b4b8d3f6c0aa/volumes/kubernetes.io~csi/certs/mount`;
    expect([...(await mounter.mountedAmong([foreign, ours, `${pods}/none`]))]).toEqual([ours]);
  });

  it.each(['', 'absent'])('reports the directory %j as not mounted, and unmounts it without an error', async (name) => {
    expect(mounter.isMounted(path.join(directory, name))).toBe(false);
    await mounter.unmount(path.join(directory, name));
  });

  it('reports the output of mount(8)', async () => {
    await expect(mounter.mount(path.join(directory, 'absent'))).rejects.toMatchObject({
      code: 'MountFailed',
      message: expect.stringMatching(/^mount failed: ./) as string,
    });
  });
  describe('on a kernel', () => {
    /** Returns a mounter whose mount(8) fails with the given output, and records the options of each call. */
    const on = (answer: (options: string) => string | undefined): { mounter: LinuxMounter; mounts: string[]; warnings: () => number } => {
      const mounts: string[] = [];
      let warnings = 0;
      const run = async (...words: readonly string[]): Promise<void> => {
        const given = words[4] ?? '';
        mounts.push(given);
        const output = answer(given);
        if (output !== undefined) {
          throw new CommandError('exit status 32', output);
        }
      };
      return {
        mounter: new LinuxMounter({ ...options, commands: { run }, onSwappable: () => (warnings += 1) }),
        mounts,
        warnings: () => warnings,
      };
    };
    const noswap = (given: string): boolean => given.includes('noswap');

    it.each([
      'mount: /x: wrong fs type, bad option, bad superblock on connectors-csi, missing codepage or helper program, or other error.',
      "mount: /x: fsconfig() failed: tmpfs: Unknown parameter 'noswap'.",
    ])('without noswap, mounts without the option and warns once: %.60s', async (stderr) => {
      const { mounter: old, mounts, warnings } = on((given) => (noswap(given) ? stderr : undefined));
      await old.mount('/x');
      await old.mount('/y');
      expect(mounts.map(noswap)).toEqual([true, false, false]);
      expect(warnings()).toBe(1);
    });

    it('with noswap, keeps the option after another failure', async () => {
      let fails = true;
      const { mounter: current, mounts, warnings } = on(() => (fails ? 'mount: /x: mount point does not exist.' : undefined));
      await expect(current.mount('/x')).rejects.toMatchObject({
        code: 'MountFailed',
        message: expect.stringMatching(
          /^mount failed: mount: \/x: mount point does not exist\.; the kubelet tries again; .*kernel log/,
        ) as string,
      });
      fails = false;
      await current.mount('/x');
      expect(mounts.map(noswap)).toEqual([true, true]);
      expect(warnings()).toBe(0);
    });
  });
});
