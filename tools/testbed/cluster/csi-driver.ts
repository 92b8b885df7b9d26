import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type NamespacedName } from '../../installation/namespaced-name';
import { type RunningProgram } from '../../installation/programs';
import { launchProgram, type ProgramsStart } from '../start-product';
import { type TestbedContext } from '../testbed-context';
import { type Cluster } from './cluster';
import { NODE } from './node-network';

/** The CSI driver of the node. */
export interface CsiDriver {
  /** Path of its socket. */
  readonly socket: string;
  /** Process id of the running driver. */
  readonly pid: number;
  /** Returns the sum of a metric over all its labels. */
  metric(name: string): Promise<number>;
  /** Returns the number of NodePublishVolume calls for this pod, according to the driver's log. */
  publishes(pod: NamespacedName): Promise<number>;
  /** Kills the driver with SIGKILL. */
  kill(): Promise<void>;
  /** Starts the driver again; resolves when it is ready. */
  start(): Promise<void>;
}

export interface CsiDriverOptions extends Pick<TestbedContext, 'registryCaFile' | 'secrets'> {
  readonly cluster: Cluster;
  readonly programs: ProgramsStart;
  /** File with a CSIDriver that replaces `deploy/csidriver.yaml`. */
  readonly csiDriverFile?: string;
  /** Lifetime of tokens in seconds, instead of the one in the file. */
  readonly tokenSeconds?: number;
}

/** Starts the driver next to the kubelet, with which it registers. */
export async function startCsiDriver(options: CsiDriverOptions): Promise<CsiDriver> {
  const { cluster, programs, csiDriverFile, tokenSeconds } = options;
  const { kubectl, kubelet, group, directory } = cluster;
  if (csiDriverFile !== undefined) {
    await kubectl.run(['apply', '-f', csiDriverFile]);
  }
  if (tokenSeconds !== undefined) {
    const tokenRequests = [{ audience: 'connectors-proxy', expirationSeconds: tokenSeconds }];
    await kubectl.run(['patch', 'csidriver', 'connectors-csi', '--type=merge', '--patch', JSON.stringify({ spec: { tokenRequests } })]);
  }
  const socket = path.join(kubelet.directory, 'plugins/connectors-csi/csi.sock');
  const settings = {
    OCI_CONNECTOR_CSI_KUBELET_DIRECTORY: kubelet.directory,
    OCI_CONNECTOR_CSI_NODE_NAME: NODE.name,
  };
  const context = { ...options, group, directory };
  const launch = (): Promise<RunningProgram> => launchProgram(context, programs, 'csi', settings);
  let running = await launch();
  return {
    socket,
    get pid() {
      return running.pid;
    },
    metric: async (name) => sumOf(await (await fetch(`${running.adminUrl}/metrics`)).text(), name),
    publishes: async (pod) => callsIn(await readFile(running.logFile, 'utf8'), 'NodePublishVolume', `${pod.namespace}/${pod.name}`),
    kill: async () => {
      process.kill(running.pid, 'SIGKILL');
      // The process has been killed; this waits until its end is noticed.
      await running.stop();
    },
    start: async () => {
      running = await launch();
    },
  };
}

/**
 * Sums a metric in the text format of Prometheus.
 *
 * @throws Error when the text does not contain it
 */
function sumOf(text: string, name: string): number {
  const series = text.split('\n').filter((line) => line.split(/[ {]/, 1)[0] === name);
  if (series.length === 0) {
    throw new Error(`no metric ${name}`);
  }
  return series.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

function callsIn(log: string, method: string, pod: string): number {
  return log.split('\n').filter((line) => line.includes(`"method":"${method}"`) && line.includes(`"pod":"${pod}"`)).length;
}
