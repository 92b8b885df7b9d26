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

/** The driver is killed while pods run: they do not notice, and whatever comes meanwhile only waits. */
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
  await checks.check('with the driver killed it goes on pulling', () => pullsIn(resident));
  await pods.create(waiting);
  await checks.check('with the driver killed a new pod waits', async () => {
    await pods.event(waiting, 'FailedMount');
    expectEqual(await pods.phase(waiting, ['Pending']), 'Pending', 'phase');
  });
  await cluster.csi.start();
  await checks.check('with the driver started again it knows all volumes that are mounted', () =>
    until(COUNT_MS, () => countsVolumes(cluster)),
  );
  await checks.check('with the driver started again it goes on pulling', () => pullsIn(resident));
  await checks.check('the pod that waited pulls', async () => expectParts(await pods.result(waiting), [sourceDigest]));
  await checks.check('a volume that the driver before it mounted is unmounted', async () => {
    await pods.delete(leaving);
    await until(COUNT_MS, () => countsVolumes(cluster));
  });
  await pods.delete(resident);
}

/** The kubelet unmounts volumes of pods that have ended whenever it likes, so both numbers change. */
const COUNT_MS = 60_000;

/** Its metric is the number of mounts that the kernel knows; those of the running pods are among them. */
async function countsVolumes({ csi }: InstalledCluster): Promise<void> {
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n').filter((mount) => mount.includes(' - tmpfs connectors-csi '));
  expectEqual(await csi.metric('connectors_csi_volumes_mounted'), mounts.length, 'volumes that the driver counts');
}
