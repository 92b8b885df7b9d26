import { expectEqual } from '../checks';
import { connectorVolume } from '../cluster/client-pods';
import { type InstalledCluster } from '../cluster/installed-cluster';
import { type PodDescription, Pods } from '../cluster/pods';
import { type SharedConnector } from '../cluster/shared-connector';

const MOUNT = '/etc/connectors';

interface PodView {
  readonly status: { readonly containerStatuses: readonly { readonly restartCount: number }[] };
}

/**
 * Starts one pod with a volume after the other, and lets another one read its volume all the time.
 *
 * @param work meanwhile
 * @returns the number of pods that started @throws Error when a pod fails
 */
export async function mountDuring(
  cluster: InstalledCluster,
  { connector, pusher }: SharedConnector,
  work: () => Promise<void>,
): Promise<number> {
  const pods = new Pods(cluster);
  const pod = (name: string, script: string): PodDescription => ({
    namespace: pusher.namespace,
    name,
    serviceAccount: pusher.name,
    image: 'busybox',
    script,
    volumes: { [MOUNT]: connectorVolume(`${connector.namespace}/${connector.name}`) },
  });
  const resident = pod('resident', `while grep -q auths ${MOUNT}/config.json; do sleep 0.2; done; echo "the files are gone"; exit 1`);
  await pods.create(resident);
  await pods.phase(resident, ['Running']);
  let over = false;
  let started = 0;
  const starting = (async (): Promise<void> => {
    while (!over) {
      const next = pod(`starting-${started}`, `grep -q auths ${MOUNT}/config.json`);
      await pods.run(next);
      await pods.delete(next);
      started += 1;
    }
  })();
  try {
    await Promise.all([work().finally(() => (over = true)), starting]);
    expectEqual(await pods.phase(resident, ['Running', 'Failed']), 'Running', 'phase of the pod that runs all the time');
    const { status } = await cluster.kubectl.get<PodView>(['pod', resident.name, `--namespace=${resident.namespace}`]);
    expectEqual(
      status.containerStatuses.map(({ restartCount }) => restartCount),
      [0],
      'restarts',
    );
  } finally {
    await pods.delete(resident);
  }
  return started;
}
