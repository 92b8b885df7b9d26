import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { runCommand, tryCommand } from '../../processes/run-command';
import { expectEqual, type Checks } from '../checks';
import { prepareContainer } from './container';
import { type ImageView } from './image-view';

/** What the driver runs for a volume; apps/csi/src/mount/linux-mounter.ts. */
const MOUNT = 'mount -t tmpfs -o size=4194304,mode=0755,nosuid,nodev,noexec connectors-csi';

/** Checks that mount and umount of the image csi do what the driver asks for, and that the mounts are seen outside of the container. */
export async function checkMounts(image: ImageView, checks: Checks, directory: string): Promise<void> {
  const place = path.join(directory, 'volume');
  await mkdir(place, { recursive: true });
  // As the kubelet's directory on a node: mounts of a container are propagated only to a shared mount.
  await runCommand(['mount', '--bind', directory, directory]);
  await runCommand(['mount', '--make-shared', directory]);
  const shell = async (id: string, command: string): Promise<void> => {
    const shares = [{ place: directory, writable: true }];
    const entrypoint = ['/bin/sh', '-c', command];
    const container = await prepareContainer(id, { directory, image, entrypoint, shares, capabilities: ['CAP_SYS_ADMIN'] });
    const { status, stdout, stderr } = await tryCommand([...container.run]);
    expectEqual([status, stdout, stderr], [0, '', ''], command);
  };
  const mounts = async (): Promise<string[]> => {
    const lines = (await readFile('/proc/self/mounts', 'utf8')).split('\n').map((line) => line.split(' '));
    return lines.flatMap(([source = '', target, type = '', options = '']) => (target === place ? [`${source} ${type} ${options}`] : []));
  };
  await checks.check('csi: mount and umount of the image work, and pods see the mount', async () => {
    await shell('mount', `${MOUNT} ${place}`);
    expectEqual(await mounts(), ['connectors-csi tmpfs rw,nosuid,nodev,noexec,relatime,size=4096k,mode=755'], 'mounts');
    await shell('umount', `umount ${place}`);
    expectEqual(await mounts(), [], 'mounts after umount');
  });
}
