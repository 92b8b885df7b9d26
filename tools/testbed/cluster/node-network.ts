import { writeFile } from 'node:fs/promises';
import { runCommand } from '../../processes/run-command';

/** The one node. Its address is also the pods' way out, their name server and where the API server is served. */
export const NODE = { name: 'node1', address: '10.244.0.1' } as const;

/** Where pods get their addresses from. */
export const POD_RANGE = '10.244.0.0/24';

const BRIDGE = 'cni0';

/** Without one of its own a bridge takes the lowest of its ports': it then changes when pods come and go, and other pods lose their way. */
const BRIDGE_MAC = '0a:58:0a:f4:00:01';

/** Makes of the network namespace one that pods can be joined to. There still is no way out of it. */
export async function furnishNodeNetwork(): Promise<void> {
  await runCommand(['ip', 'link', 'set', 'lo', 'up']);
  await runCommand(['ip', 'link', 'add', BRIDGE, 'address', BRIDGE_MAC, 'type', 'bridge']);
  await runCommand(['ip', 'address', 'add', `${NODE.address}/24`, 'dev', BRIDGE]);
  await runCommand(['ip', 'link', 'set', BRIDGE, 'up']);
  await writeFile('/proc/sys/net/ipv4/ip_forward', '1');
  // What a CSI driver mounts in a pod's directory is to be seen by kubelet and containers, and the other way round.
  await runCommand(['mount', '--make-rshared', '/']);
}

/** Configuration of the network plugins that join pods to the bridge. */
export function networkConfiguration(dataDir: string): object {
  return {
    cniVersion: '1.0.0',
    name: 'pods',
    plugins: [
      {
        type: 'bridge',
        bridge: BRIDGE,
        isGateway: true,
        hairpinMode: true,
        ipam: { type: 'host-local', dataDir, ranges: [[{ subnet: POD_RANGE, gateway: NODE.address }]], routes: [{ dst: '0.0.0.0/0' }] },
      },
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  };
}
