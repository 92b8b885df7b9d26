import { mkdir, statfs } from 'node:fs/promises';
import path from 'node:path';
import { stringify } from 'yaml';
import { applyManifest } from '../installation/apply-manifests';
import { requestToken } from '../installation/request-token';
import { type RunningProgram } from '../installation/programs';
import { waitForConnectors } from '../installation/wait-for-connectors';
import { median, percentile, type Benchmark, type BenchmarkResult } from './benchmark';
import { sized, type Effort } from './effort';
import { Kubelet, type PodVolume } from './kubelet';
import { cpuSeconds, peakMemory, resetPeakMemory } from './process-cost';
import { CONNECTOR, type Rig } from './rig';

/** Number of volumes, which is more than the default number of pods of a kubelet (maxPods: 110). */
const VOLUMES = 200;
/**
 * Number of volumes that are mounted, republished and unmounted before the measurement: compilers warm up, and the access
 * review opens its connection.
 */
const WARM_UP = 100;
const REPUBLISH_ROUNDS = 10;
/** The kubelet republishes a volume about once a minute. */
const REPUBLISH_SECONDS = 60;

/** MB per MiB; the limits are in MB. */
const MB_IN_MIB = 1.048576;

/**
 * Runs the driver in its own mount namespace: the kernel removes the mounts when the driver ends, in any way. The process id stays the
 * same.
 */
const PREFIX = ['taskset', '-c', '0', 'unshare', '--mount', '--propagation', 'private'] as const;

/** All configurations of class oci that one pod can use together. */
const ATTRIBUTES = { connectors: CONNECTOR.name, 'configuration.names': 'registry-config,buildkitd,registries' };

/**
 * Measures the CSI driver with the calls of a kubelet. Each volume has a tmpfs and its own ServiceAccount, so that every mount
 * is authorised.
 */
export const volumesBenchmark: Benchmark = {
  problem: () => (process.getuid?.() === 0 ? undefined : 'it mounts a tmpfs for each volume, which needs root; run it as root'),
  async run(rig, effort): Promise<BenchmarkResult> {
    const { driver, kubelet } = await startDriver(rig);
    try {
      return report(await measure({ rig, driver, kubelet }, effort));
    } finally {
      await driver.stop();
    }
  },
};

interface Bench {
  readonly rig: Rig;
  readonly driver: RunningProgram;
  readonly kubelet: Kubelet;
}

/** Times of the calls in milliseconds, by round, and further figures. */
interface Figures {
  readonly mounts: number[][];
  readonly unmounts: number[][];
  readonly republishes: number[][];
  readonly renewals: number[][];
  /** Share of a core, while all volumes are republished every minute. */
  readonly share: number;
  readonly residentMb: number;
  readonly tmpfsMb: number;
}

async function startDriver(rig: Rig): Promise<{ driver: RunningProgram; kubelet: Kubelet }> {
  const directory = path.join(rig.directory, 'kubelet');
  await mkdir(directory);
  const socket = path.join(directory, 'plugins', 'csi.sock');
  const settings = {
    OCI_CONNECTOR_CSI_KUBELET_DIRECTORY: directory,
    OCI_CONNECTOR_CSI_SOCKET: socket,
    OCI_CONNECTOR_CSI_REGISTRATION_DIRECTORY: 'none',
    OCI_CONNECTOR_CSI_NODE_NAME: 'bench',
  };
  await letPodsPull(rig);
  const driver = await rig.start({ name: 'csi', settings, prefix: PREFIX });
  return { driver, kubelet: new Kubelet(directory, socket) };
}

async function letPodsPull(rig: Rig): Promise<void> {
  const { namespace } = CONNECTOR;
  const rbac = 'rbac.authorization.k8s.io';
  const binding = {
    apiVersion: `${rbac}/v1`,
    kind: 'RoleBinding',
    metadata: { namespace, name: 'pods-pull' },
    roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'connectors-puller' },
    subjects: [{ apiGroup: rbac, kind: 'Group', name: `system:serviceaccounts:${namespace}` }],
  };
  await applyManifest(rig.client, stringify(binding), 'the benchmark');
  // The files contain the Connector's address.
  await waitForConnectors(rig.client, [CONNECTOR]);
}

async function measure(bench: Bench, effort: Effort): Promise<Figures> {
  const { kubelet, driver } = bench;
  const warm = await makePods(bench, 'warm', sized(effort, WARM_UP, 1));
  for (const call of [publishAll, publishAll, unpublishAll]) {
    await call(kubelet, warm);
  }
  await resetPeakMemory(driver.pid);

  const mounts: number[][] = [];
  const unmounts: number[][] = [];
  let pods: PodVolume[] = [];
  for (let round = 1; round <= effort.rounds; round++) {
    if (round > 1) {
      unmounts.push(await unpublishAll(kubelet, pods));
    }
    pods = await makePods(bench, `pod-${round}`, sized(effort, VOLUMES, 2));
    mounts.push(await publishAll(kubelet, pods));
  }
  const republishes: number[][] = [];
  const before = await cpuSeconds(driver.pid);
  for (let round = 0; round < REPUBLISH_ROUNDS; round++) {
    republishes.push(await publishAll(kubelet, pods));
  }
  const share = ((await cpuSeconds(driver.pid)) - before) / (REPUBLISH_ROUNDS * REPUBLISH_SECONDS);
  const renewals = [await publishAll(kubelet, await Promise.all(pods.map((pod) => renewed(bench, pod))))];
  const residentMb = (await peakMemory(driver.pid)) * MB_IN_MIB;
  const tmpfsMb = (await tmpfsBytes(bench, pods)) / 1e6;
  unmounts.push(await unpublishAll(kubelet, pods));
  return { mounts, unmounts, republishes, renewals, share, residentMb, tmpfsMb };
}

async function makePods({ rig }: Bench, prefix: string, count: number): Promise<PodVolume[]> {
  const pods: PodVolume[] = [];
  for (let index = 0; index < count; index++) {
    const name = `${prefix}-${index}`;
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace: CONNECTOR.namespace, name } };
    await applyManifest(rig.client, stringify(account), 'the benchmark');
    pods.push({ name, namespace: CONNECTOR.namespace, serviceAccount: name, token: await tokenOf(rig, name), attributes: ATTRIBUTES });
  }
  return pods;
}

async function renewed({ rig }: Bench, pod: PodVolume): Promise<PodVolume> {
  return { ...pod, token: await tokenOf(rig, pod.serviceAccount) };
}

function tokenOf({ client }: Rig, name: string): Promise<PodVolume['token']> {
  return requestToken(client, { namespace: CONNECTOR.namespace, name, audience: 'connectors-proxy' });
}

async function publishAll(kubelet: Kubelet, pods: readonly PodVolume[]): Promise<number[]> {
  const times: number[] = [];
  for (const pod of pods) {
    times.push(await kubelet.publish(pod));
  }
  return times;
}

async function unpublishAll(kubelet: Kubelet, pods: readonly PodVolume[]): Promise<number[]> {
  const times: number[] = [];
  for (const pod of pods) {
    times.push(await kubelet.unpublish(pod));
  }
  return times;
}

/** Returns the used bytes of the volumes, in the driver's mount namespace. */
async function tmpfsBytes({ driver, kubelet }: Bench, pods: readonly PodVolume[]): Promise<number> {
  let bytes = 0;
  for (const pod of pods) {
    const { blocks, bfree, bsize } = await statfs(path.join('/proc', String(driver.pid), 'root', kubelet.target(pod)));
    bytes += (blocks - bfree) * bsize;
  }
  return bytes;
}

function report({ mounts, unmounts, republishes, renewals, share, residentMb, tmpfsMb }: Figures): BenchmarkResult {
  const p50 = (rounds: number[][]): number => median(rounds.map((times) => percentile(times, 50)));
  const p99 = (rounds: number[][]): number => median(rounds.map((times) => percentile(times, 99)));
  const row = (name: string, rounds: number[][]): string[] => [name, 'ms, p50 and p99', p50(rounds).toFixed(2), p99(rounds).toFixed(2)];
  return {
    header: ['work', 'unit', '', ''],
    rows: [
      row('mount', mounts),
      row('republish without changes', republishes),
      row('republish with a new token', renewals),
      row('unmount', unmounts),
      [`${VOLUMES} volumes republished every minute`, '% of a core', (share * 100).toFixed(2)],
      [`peak RSS with ${VOLUMES} volumes`, 'MB', residentMb.toFixed(0)],
      ['in their tmpfs', 'MB', tmpfsMb.toFixed(0)],
    ],
    floors: [
      { name: 'mount, p50', measured: p50(mounts), bound: 'at most', limit: 20, unit: 'ms' },
      { name: 'mount, p99', measured: p99(mounts), bound: 'at most', limit: 100, unit: 'ms' },
      { name: 'republish without changes, p50', measured: p50(republishes), bound: 'at most', limit: 2, unit: 'ms' },
      { name: `${VOLUMES} volumes republished every minute`, measured: share * 100, bound: 'at most', limit: 1, unit: '% of a core' },
      { name: `RSS with ${VOLUMES} volumes`, measured: residentMb, bound: 'at most', limit: 180, unit: 'MB' },
      { name: 'RSS and tmpfs', measured: residentMb + tmpfsMb, bound: 'at most', limit: 256, unit: 'MB' },
    ],
  };
}
