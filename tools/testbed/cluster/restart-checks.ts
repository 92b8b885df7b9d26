import { readFile } from 'node:fs/promises';
import { expectEqual, expectParts, type Checks } from '../checks';
import { until } from '../../processes/until';
import { connectorVolume } from './client-pods';
import { type ClusterTests } from './cluster-tests';
import { type InstalledCluster } from './installed-cluster';
import { CONNECTOR_HOST, PLATFORM, SOURCE, TEAM_A } from './tenants';
import { type PodDescription } from './pods';

const CRANE = { DOCKER_CONFIG: '/etc/connectors', SSL_CERT_FILE: '/etc/connectors/ca-bundle.crt' };

const PULL = `crane digest ${CONNECTOR_HOST}/${SOURCE}`;

function pod(name: string, script: string): PodDescription {
  const volumes = { '/etc/connectors': connectorVolume(`${PLATFORM.namespace}/${PLATFORM.name}`) };
  return { namespace: TEAM_A.namespace, name, serviceAccount: TEAM_A.name, image: 'crane', script, env: CRANE, volumes };
}

/** Kills the driver while pods run. Running pods must not notice it, and a new pod must wait. */
export async function checkDriverRestart(checks: Checks, { cluster, pods, sourceDigest }: ClusterTests): Promise<void> {
  const [resident, leaving, waiting] = [pod('resident', 'exec sleep 3600'), pod('leaving', 'exec sleep 3600'), pod('waiting', PULL)];
  const pullsIn = async (description: PodDescription): Promise<void> => {
    const { stdout, stderr } = await pods.exec(description, PULL);
    expectEqual(stdout.trim(), sourceDigest, `digest (${stderr})`);
  };
  for (const description of [resident, leaving]) {
    await pods.create(description);
  }
  for (const description of [resident, leaving]) {
    await pods.phase(description, ['Running']);
  }
  await checks.check('a running pod pulls', () => pullsIn(resident));
  await cluster.csi.kill();
  await checks.check('with the driver killed it still pulls', () => pullsIn(resident));
  await pods.create(waiting);
  await checks.check('with the driver killed a new pod waits', async () => {
    await pods.event(waiting, 'FailedMount');
    expectEqual(await pods.phase(waiting, ['Pending']), 'Pending', 'phase');
  });
  await cluster.csi.start();
  await checks.check('after its restart the driver counts all mounted volumes', () => until(COUNT_MS, () => countsVolumes(cluster)));
  await checks.check('after a restart of the driver the running pod still pulls', () => pullsIn(resident));
  await checks.check('the waiting pod pulls', async () => expectParts(await pods.result(waiting), [sourceDigest]));
  await checks.check('a volume that the killed driver had mounted is unmounted', async () => {
    await pods.delete(leaving);
    await until(COUNT_MS, () => countsVolumes(cluster));
  });
  await pods.delete(resident);
}

/** Limit for both numbers to be equal, in milliseconds: the kubelet may unmount the volumes of ended pods at any time, so both change. */
const COUNT_MS = 60_000;

/** Checks that the driver's metric is the number of its mounts in the kernel. */
async function countsVolumes({ csi }: InstalledCluster): Promise<void> {
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n').filter((mount) => mount.includes(' - tmpfs connectors-csi '));
  expectEqual(await csi.metric('connectors_csi_volumes_mounted'), mounts.length, 'number of volumes in the metric');
}
