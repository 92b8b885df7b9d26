import { readdir, readFile } from 'node:fs/promises';
import { type Checks, expectEqual } from '../checks';
import { SYSTEM } from './helm';
import { type InstalledCluster } from './installed-cluster';

interface Policy {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly podSelector: { readonly matchLabels: Readonly<Record<string, string>> };
    readonly ingress: readonly { readonly ports: readonly { readonly port: number }[] }[];
  };
}

interface Pod {
  readonly metadata: { readonly name: string; readonly uid: string };
}

/**
 * The network of this cluster does not enforce NetworkPolicies. So these checks compare them with the ports on which the pods accept
 * connections: where policies are enforced, each port that somebody uses must be in one.
 */
export async function checkNetworkPolicies(checks: Checks, { kubectl }: InstalledCluster): Promise<void> {
  const { items: policies } = await kubectl.get<{ items: Policy[] }>(['networkpolicies', `--namespace=${SYSTEM}`]);
  await checks.check('there is a NetworkPolicy for each program', () => {
    const names = policies.map(({ metadata }) => metadata.name).sort();
    expectEqual(names, ['connectors-controller', 'connectors-csi', 'connectors-proxy'], 'NetworkPolicies');
  });
  for (const { metadata, spec } of policies) {
    const allowed = spec.ingress.flatMap(({ ports }) => ports.map(({ port }) => port));
    const selector = Object.entries(spec.podSelector.matchLabels).map(([name, value]) => `${name}=${value}`);
    const { items: pods } = await kubectl.get<{ items: Pod[] }>(['pods', `--namespace=${SYSTEM}`, `--selector=${selector.join(',')}`]);
    await checks.check(`the NetworkPolicy ${metadata.name} allows exactly the ports on which its pods accept connections`, async () => {
      expectEqual(pods.length > 0, true, 'a pod is selected');
      for (const pod of pods) {
        expectEqual(await openPorts(pod), ascending(allowed), `ports of ${pod.metadata.name}`);
      }
    });
  }
}

/** Returns the TCP ports on which a pod accepts connections from other hosts. */
async function openPorts({ metadata: { name, uid } }: Pod): Promise<number[]> {
  const pid = await processOf(uid);
  if (pid === undefined) {
    throw new Error(`the pod ${name} has no process`);
  }
  const tables = await Promise.all(['tcp', 'tcp6'].map((family) => readFile(`/proc/${pid}/net/${family}`, 'utf8')));
  const ports = tables.flatMap((table) => table.split('\n').flatMap(listeningPort));
  return ascending([...new Set(ports)]);
}

/** Returns a process of the pod, by the name of its control group. */
async function processOf(podUid: string): Promise<string | undefined> {
  const names = [podUid, podUid.replaceAll('-', '_')];
  for (const pid of (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry))) {
    // The process may have ended since it was listed.
    const groups = await readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => '');
    if (names.some((name) => groups.includes(name))) {
      return pid;
    }
  }
  return undefined;
}

/** State of a listening socket in /proc/net/tcp (proc(5)). */
const LISTEN = '0A';

/** 127.0.0.1 and ::1 as in /proc/net/tcp and /proc/net/tcp6. */
const LOOPBACK: ReadonlySet<string> = new Set(['0100007F', '00000000000000000000000001000000']);

function listeningPort(line: string): number[] {
  const [, local = '', , state] = line.trim().split(/\s+/);
  const [address = '', port = ''] = local.split(':');
  return state === LISTEN && !LOOPBACK.has(address) ? [parseInt(port, 16)] : [];
}

function ascending(numbers: readonly number[]): number[] {
  return [...numbers].sort((one, other) => one - other);
}
