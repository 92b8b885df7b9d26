import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { LinuxMounter } from './linux-mounter';

describe('LinuxMounter', () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'mounter-'));
  const mounter = new LinuxMounter({ size: 1024 * 1024, mountInfoFile: path.join(__dirname, 'testdata', 'mountinfo') });

  afterAll(() => rmSync(directory, { recursive: true }));

  it('knows its own mounts by their source', async () => {
    const pods = '/var/lib/kubelet/pods';
    const ours = `${pods}/0d0b9a7c-2f0e-4f43-9d6b-6f2d7a2a7f51/volumes/kubernetes.io~csi/registry/mount`;
    const foreign = `${pods}/7b4d1e90-5d0c-4a53-8a26-b4b8d3f6c0aa/volumes/kubernetes.io~csi/certs/mount`;
    expect([...(await mounter.mountedAmong([foreign, ours, `${pods}/none`]))]).toEqual([ours]);
  });

  it.each(['', 'absent'])('takes the directory %j for unmounted, and unmounting it for done', async (name) => {
    expect(mounter.isMounted(path.join(directory, name))).toBe(false);
    await mounter.unmount(path.join(directory, name));
  });

  it('reports what mount(8) says', async () => {
    await expect(mounter.mount(path.join(directory, 'absent'))).rejects.toMatchObject({ code: 'MountFailed', message: expect.stringMatching(/^mount failed: ./) as string });
  });
});
