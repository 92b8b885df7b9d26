import { writeFile } from 'node:fs/promises';
import { runCommand } from '../../processes/run-command';
import { SERVICE_RANGE } from '../api-server';

/** The only node. Its address is also the gateway and the name server of pods, and the address of the API server. */
export const NODE = { name: 'node1', address: '10.244.0.1' } as const;

/** The range of the addresses of pods. */
export const POD_RANGE = '10.244.0.0/24';

const BRIDGE = 'cni0';

/**
 * MAC address of the bridge. Without an explicit address, a bridge uses the lowest address of its ports. That address changes when pods
 * start and end, and then other pods send to a wrong address.
 */
const BRIDGE_MAC = '0a:58:0a:f4:00:01';

/** Prepares the network namespace for pods. It still has no connection to the outside. */
export async function furnishNodeNetwork(): Promise<void> {
  await runCommand(['ip', 'link', 'set', 'lo', 'up']);
  await runCommand(['ip', 'link', 'add', BRIDGE, 'address', BRIDGE_MAC, 'type', 'bridge']);
  await runCommand(['ip', 'address', 'add', `${NODE.address}/24`, 'dev', BRIDGE]);
  await runCommand(['ip', 'link', 'set', BRIDGE, 'up']);
  // Nodes usually have a default route, which programs on the node need for the addresses of Services. kube-proxy translates these before
  // a packet is sent.
  await runCommand(['ip', 'route', 'add', SERVICE_RANGE, 'dev', BRIDGE]);
  await writeFile('/proc/sys/net/ipv4/ip_forward', '1');
  // Mounts of the CSI driver in a pod's directory must be visible to kubelet and containers, and vice versa.
  await runCommand(['mount', '--make-rshared', '/']);
}

/** Returns the configuration of the network plugins that connect pods to the bridge. */
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
