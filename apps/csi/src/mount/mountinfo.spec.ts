import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseMountInfo } from './mountinfo';

const RECORDED = readFileSync(path.join(__dirname, 'testdata', 'mountinfo'), 'utf8');

describe('parseMountInfo', () => {
  it('reads every line of a recorded file', () => {
    const mounts = parseMountInfo(RECORDED);
    expect(mounts).toHaveLength(7);
    expect(mounts[0]).toEqual({ mountPoint: '/', type: 'ext4', source: '/dev/vda1' });
    expect(mounts.filter(({ source }) => source === 'connectors-csi').map(({ mountPoint }) => mountPoint)).toEqual([
      '/var/lib/kubelet/pods/0d0b9a7c-2f0e-4f43-9d6b-6f2d7a2a7f51/volumes/kubernetes.io~csi/registry/mount',
      '/srv/with space\\and\ttab',
    ]);
  });

  it('finds the type after any number of optional fields', () => {
    const [mount] = parseMountInfo('36 35 98:0 / /mnt rw,noatime shared:1 master:2 propagate_from:3 unbindable - tmpfs connectors-csi rw');
    expect(mount).toEqual({ mountPoint: '/mnt', type: 'tmpfs', source: 'connectors-csi' });
  });

  it.each(['', 'nonsense', '36 35 98:0 / /mnt rw', '36 35 98:0 / /mnt rw - tmpfs'])('skips the line %j', (line) => {
    expect(parseMountInfo(`${line}\n22 1 254:1 / / rw - ext4 /dev/vda1 rw`)).toHaveLength(1);
  });
});
