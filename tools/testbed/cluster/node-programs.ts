import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { stringify } from 'yaml';
import { type ProcessGroup, type StartedProcess } from '../../processes/process-group';
import { kubeconfigText, type ApiServer, type NodeAccount } from '../api-server';
import { toolPath } from '../toolchain';
import { cgroupsOf } from '../world-owner';
import { NODE, POD_RANGE } from './node-network';

export interface Kubelet {
  /** Its --root-dir, which contains plugins and the volumes of pods. */
  readonly directory: string;
  /** Ends the kubelet; pods continue to run. */
  stop(): Promise<void>;
  /** Starts the kubelet again; resolves when it is healthy. */
  start(): Promise<void>;
}

export interface KubeletOptions {
  readonly api: ApiServer;
  readonly account: NodeAccount;
  /** Name of the world and of the control group of all pods. */
  readonly world: string;
  readonly directory: string;
  readonly runtimeSocket: string;
  /** Directory of the logs of containers. */
  readonly podLogs: string;
}

const PROGRAM_ENVIRONMENT = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' };

/** Starts a kubelet with the permissions of a usual node. */
export async function startKubelet(group: ProcessGroup, options: KubeletOptions): Promise<Kubelet> {
  const { api, account, world, directory } = options;
  await mkdir(directory, { recursive: true });
  for (const cgroup of cgroupsOf(world)) {
    await mkdir(cgroup);
  }
  const file = (name: string): string => path.join(directory, name);
  await writeFile(file('kubeconfig'), kubeconfigText(api, account.token), { mode: 0o600 });
  await writeFile(file('resolv.conf'), '');
  await writeFile(file('config.yaml'), stringify(kubeletConfiguration(options)));
  const launch = (): Promise<StartedProcess> =>
    group.start({
      name: 'kubelet',
      command: [
        toolPath('kubelet'),
        `--config=${file('config.yaml')}`,
        `--kubeconfig=${file('kubeconfig')}`,
        `--root-dir=${directory}`,
        `--hostname-override=${NODE.name}`,
        `--node-ip=${NODE.address}`,
      ],
      env: PROGRAM_ENVIRONMENT,
      ready: async () => (await fetch('http://127.0.0.1:10248/healthz')).ok,
    });
  let running = await launch();
  return {
    directory,
    stop: () => running.stop(),
    start: async () => {
      running = await launch();
    },
  };
}

function kubeletConfiguration({ world, directory, runtimeSocket, podLogs }: KubeletOptions): object {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    // For kubectl logs and exec; this network has no other users.
    authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
    authorization: { mode: 'AlwaysAllow' },
    containerRuntimeEndpoint: `unix://${runtimeSocket}`,
    cgroupDriver: 'cgroupfs',
    // Each cluster needs its own group, because a kubelet ends unknown processes in its control groups.
    cgroupRoot: `/${world}`,
    failCgroupV1: false,
    failSwapOn: false,
    enforceNodeAllocatable: [],
    clusterDNS: [NODE.address],
    clusterDomain: 'cluster.local',
    resolvConf: path.join(directory, 'resolv.conf'),
    podLogsDir: podLogs,
    volumePluginDir: path.join(directory, 'volume-plugins'),
    serializeImagePulls: false,
    // Instead of one minute: the kubelet calls the driver for a pod's volumes with every sync of the pod.
    syncFrequency: '10s',
    // The cluster must not react to the disk usage of the machine.
    evictionHard: { 'memory.available': '0%', 'nodefs.available': '0%', 'imagefs.available': '0%', 'nodefs.inodesFree': '0%' },
    imageGCHighThresholdPercent: 100,
  };
}

/** Starts kube-proxy for the addresses of Services. */
export async function startKubeProxy(group: ProcessGroup, kubeconfig: string): Promise<void> {
  await group.start({
    name: 'kube-proxy',
    command: [
      toolPath('kube-proxy'),
      `--kubeconfig=${kubeconfig}`,
      `--hostname-override=${NODE.name}`,
      '--proxy-mode=iptables',
      // Do not change conntrack settings, which apply to the whole machine.
      '--conntrack-max-per-core=0',
      `--cluster-cidr=${POD_RANGE}`,
      '--healthz-bind-address=127.0.0.1:10256',
    ],
    env: PROGRAM_ENVIRONMENT,
    ready: async () => (await fetch('http://127.0.0.1:10256/livez')).ok,
  });
}
