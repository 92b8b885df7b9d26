import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { expectEqual, expectParts, type Checks } from '../checks';
import { sha256 } from '../oci-layout';
import { until } from '../../processes/until';
import { connectorVolume } from './client-pods';
import { nodeIsReady } from './cluster';
import { type ClusterTests } from './cluster-tests';
import { MARK, MARKED, makeMarkedConnector, setMark } from './marked-connector';
import { type PodDescription } from './pods';
import { SOURCE, TEAM_A } from './tenants';

const MOUNT = '/etc/connectors';

/** A pod that uses its volume all the time. */
const POD: PodDescription = {
  namespace: TEAM_A.namespace,
  name: 'outages',
  serviceAccount: TEAM_A.name,
  image: 'crane',
  env: { DOCKER_CONFIG: MOUNT, SSL_CERT_FILE: `${MOUNT}/ca-bundle.crt` },
  volumes: {
    [MOUNT]: connectorVolume(`${MARKED.namespace}/${MARKED.name}`, { 'configuration.names': `registry-config,${MARK.configuration}` }),
  },
  script: `
    while true; do
      if crane digest ${MARKED.host}/${SOURCE}; then echo PULLED; else echo "FAILED $(date)"; fi
      sleep 1
    done`,
};

/**
 * Limit for another call of the driver, in milliseconds. The kubelet calls it for each volume every 10 to 15 seconds, see
 * node-programs.ts; the limit is much longer, because the machine may be busy.
 */
const REPUBLISH_MS = 180_000;

/** Limit for the node to become ready, in milliseconds, as after a start of the cluster. */
const READY_MS = 60_000;

/**
 * Restarts the kubelet and then stops the API server, while a pod uses its volume all the time. Its files must remain, and must
 * be renewed later.
 */
export async function checkOutages(checks: Checks, tests: ClusterTests): Promise<void> {
  const { pods } = tests;
  await makeMarkedConnector(tests, 'first');
  await pods.create(POD);
  await pods.phase(POD, ['Running']);
  await checks.part('restart of the kubelet', () => checkKubeletRestart(checks, tests));
  await checks.part('API server down', () => checkApiServerDown(checks, tests));
  await checks.check('the pod could pull all the time', async () => {
    const log = await pods.log(POD);
    expectParts(log, ['PULLED']);
    expectEqual(
      log.split('\n').filter((line) => line.startsWith('FAILED')),
      [],
      'failed pulls',
    );
  });
  await pods.delete(POD);
}

async function checkKubeletRestart(checks: Checks, tests: ClusterTests): Promise<void> {
  const { cluster } = tests;
  const before = await standingOf(tests);
  await cluster.kubelet.stop();
  await setMark(tests, 'second');
  await cluster.kubelet.start();
  await checks.check('after a restart of the kubelet the pod gets new files', () => until(REPUBLISH_MS, () => podSees(tests, 'second')));
  await checks.check('its container is the same, and its volume was not mounted again', async () =>
    expectEqual(await standingOf(tests), before, 'container and mount'),
  );
  await until(READY_MS, () => nodeIsReady(cluster.kubectl));
  await pullsWithWhatItHas(tests);
}

/**
 * Waits until the pod has pulled with its current token. After its restart the kubelet gives the pod another token, which the proxy must
 * have seen before the API server stops; otherwise it cannot accept it during the outage. It waits for two pulls, because the first may
 * have begun with the previous token.
 */
async function pullsWithWhatItHas({ pods }: ClusterTests): Promise<void> {
  const pulls = async (): Promise<number> => (await pods.log(POD)).split('\n').filter((line) => line === 'PULLED').length;
  const before = await pulls();
  await until(READY_MS, async () => expectEqual((await pulls()) >= before + 2, true, 'two more pulls'));
}

async function checkApiServerDown(checks: Checks, tests: ClusterTests): Promise<void> {
  const { api, csi, kubectl } = tests.cluster;
  const directory = await volumeOf(tests);
  const before = await filesIn(directory);
  await api.stop();
  try {
    await checks.check('with the API server down the kubelet calls the driver for the volume, and the files remain', async () => {
      const calls = await csi.publishes(POD);
      await until(REPUBLISH_MS, async () => expectEqual((await csi.publishes(POD)) > calls, true, 'another call'));
      expectEqual(await filesIn(directory), before, 'files');
    });
  } finally {
    await api.start();
  }
  await setMark(tests, 'third');
  await checks.check('with the API server up again the pod gets new files', () => until(REPUBLISH_MS, () => podSees(tests, 'third')));
  await until(READY_MS, () => nodeIsReady(kubectl));
}

async function podSees({ pods }: ClusterTests, mark: string): Promise<void> {
  const { stdout, stderr } = await pods.exec(POD, `cat ${MOUNT}/${MARK.file}`);
  expectEqual(stdout, mark, `mark (${stderr})`);
}

interface PodView {
  readonly metadata: { readonly uid: string };
  readonly status: { readonly containerStatuses: readonly { readonly containerID: string; readonly restartCount: number }[] };
}

function viewOf({ cluster }: ClusterTests): Promise<PodView> {
  return cluster.kubectl.get<PodView>(['pod', POD.name, `--namespace=${POD.namespace}`]);
}

/** Returns what must not change: the container, and the mount of its volume with its number in the kernel. */
async function standingOf(tests: ClusterTests): Promise<unknown> {
  const directory = await volumeOf(tests);
  const { status } = await viewOf(tests);
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n').filter((mount) => mount.includes(` ${directory} `));
  expectEqual(mounts.length, 1, 'mounts');
  return { containers: status.containerStatuses.map(({ containerID, restartCount }) => [containerID, restartCount]), mounts };
}

/** Returns the directory of the volume on the node. */
async function volumeOf(tests: ClusterTests): Promise<string> {
  const { metadata } = await viewOf(tests);
  return path.join(tests.cluster.kubelet.directory, 'pods', metadata.uid, 'volumes/kubernetes.io~csi/volume-0/mount');
}

/** Returns path and hash of each file. Only the hash, because a file contains a token. Each set of files has another directory. */
async function filesIn(directory: string): Promise<string[]> {
  const files = (await readdir(directory, { withFileTypes: true, recursive: true })).filter((entry) => entry.isFile());
  const lines = files.map(async ({ parentPath, name }) => {
    const file = path.join(parentPath, name);
    return `${file} ${sha256(await readFile(file))}`;
  });
  return (await Promise.all(lines)).sort();
}
