import { until } from '../../processes/until';
import { type Checks, expectEqual, expectParts } from '../checks';
import { SYSTEM } from '../cluster/helm';
import { type InstalledCluster } from '../cluster/installed-cluster';
import { NODE } from '../cluster/node-network';
import { askDuring } from './asking';
import { FOLLOWS_MS, podsOf, readyReplicas, type ProgramPod } from './replicas';
import { type ServiceClient } from './service-client';

const DRAIN = ['drain', NODE.name, '--ignore-daemonsets', '--pod-selector=app.kubernetes.io/part-of=oci-connector', '--timeout=300s'];

/**
 * Drains the node with `kubectl drain`. The node is the only one, so the evicted pods have successors only when it accepts pods again,
 * which stands for another node.
 */
export async function checkEvictions(checks: Checks, cluster: InstalledCluster, client: ServiceClient): Promise<void> {
  const { kubectl } = cluster;
  const replicas = await readyReplicas(cluster);
  const [driver] = await podsOf(cluster, 'csi');
  const { requests, failures } = await askDuring(client, async () => {
    const draining = kubectl.try(DRAIN);
    try {
      const remaining = await remainingReplica(cluster, replicas);
      await checks.check('a drain evicts one replica of the proxy; the eviction of the other one is refused with 429', async () => {
        const { status, stderr } = await evict(cluster, remaining);
        expectEqual(status === 0, false, 'success of the eviction');
        expectParts(stderr, ['TooManyRequests', "violate the pod's disruption budget"]);
      });
      await checks.check('one replica of the controller remains, too', async () =>
        expectEqual((await podsOf(cluster, 'controller')).filter(({ ready, ending }) => ready && !ending).length, 1, 'ready replicas'),
      );
    } finally {
      await kubectl.run(['uncordon', NODE.name]);
    }
    await checks.check('the drain ends when the node accepts pods again, and leaves the driver alone', async () => {
      const { status, stdout, stderr } = await draining;
      expectEqual(status, 0, `status of the drain (${stderr})`);
      expectParts(`${stdout}${stderr}`, ['ignoring DaemonSet-managed Pods', 'connectors-csi']);
      expectEqual((await podsOf(cluster, 'csi'))[0]?.container, driver?.container, 'container of the driver');
      const names = (await readyReplicas(cluster)).map(({ name }) => name);
      expectEqual(
        replicas.filter(({ name }) => names.includes(name)),
        [],
        'replicas of before the drain',
      );
    });
  });
  await checks.check('no request failed during the drain', () => {
    expectEqual(failures, [], 'failures');
    process.stdout.write(`       ${requests} requests\n`);
  });
}

/** Waits until the drain has evicted one of the replicas. @returns the other one */
async function remainingReplica(cluster: InstalledCluster, replicas: readonly ProgramPod[]): Promise<ProgramPod> {
  return until(FOLLOWS_MS, async () => {
    const staying = (await podsOf(cluster, 'proxy')).filter(
      ({ name, ready, ending }) => ready && !ending && replicas.some((replica) => replica.name === name),
    );
    const [remaining] = staying;
    if (remaining === undefined || staying.length !== 1) {
      throw new Error(`${staying.length} replicas are not evicted yet`);
    }
    return remaining;
  });
}

function evict({ kubectl }: InstalledCluster, { name }: ProgramPod): ReturnType<InstalledCluster['kubectl']['try']> {
  const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { namespace: SYSTEM, name } };
  return kubectl.try(['create', `--raw=/api/v1/namespaces/${SYSTEM}/pods/${name}/eviction`, '-f', '-'], JSON.stringify(eviction));
}
