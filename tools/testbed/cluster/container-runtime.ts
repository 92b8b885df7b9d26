import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type ProcessGroup } from '../../processes/process-group';
import { tryCommand } from '../../processes/run-command';
import { toolPath } from '../toolchain';
import { PAUSE_IMAGE } from './pod-images';
import { networkConfiguration } from './node-network';

export interface ContainerRuntime {
  readonly socket: string;
}

const NETWORK_PLUGINS = ['bridge', 'loopback', 'host-local', 'portmap'];

/** Starts a containerd for a kubelet, with its own root, state and socket, and with the network plugins. */
export async function startContainerRuntime(group: ProcessGroup, directory: string): Promise<ContainerRuntime> {
  const place = (name: string): string => path.join(directory, name);
  const socket = place('containerd.sock');
  for (const name of ['bin', 'net.d']) {
    await mkdir(place(name), { recursive: true });
  }
  // containerd looks for these by names without a version.
  for (const name of ['containerd-shim-runc-v2', ...NETWORK_PLUGINS]) {
    await symlink(toolPath(name), place(`bin/${name}`));
  }
  await writeFile(place('net.d/10-pods.conflist'), JSON.stringify(networkConfiguration(place('addresses'))));
  await writeFile(place('config.toml'), configuration(place, socket));
  await group.start({
    name: 'containerd',
    command: [toolPath('containerd'), '--config', place('config.toml')],
    env: { PATH: `${place('bin')}:/usr/sbin:/usr/bin:/sbin:/bin` },
    ready: async () => (await tryCommand([toolPath('ctr'), '--address', socket, 'version'])).status === 0,
  });
  return { socket };
}

function configuration(place: (name: string) => string, socket: string): string {
  return `
version = 3
root = '${place('root')}'
state = '${place('state')}'
[grpc]
address = '${socket}'
[plugins.'io.containerd.cri.v1.images'.pinned_images]
sandbox = '${PAUSE_IMAGE}'
[plugins.'io.containerd.cri.v1.runtime']
restrict_oom_score_adj = true
[plugins.'io.containerd.cri.v1.runtime'.cni]
bin_dirs = ['${place('bin')}']
conf_dir = '${place('net.d')}'
[plugins.'io.containerd.internal.v1.opt']
path = '${place('opt')}'
[plugins.'io.containerd.nri.v1.nri']
disable = true
`;
}
