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
  /** Where it serves. */
  readonly socket: string;
  /** Process id of the driver that runs. */
  readonly pid: number;
  /** The sum of a metric over all its labels. */
  metric(name: string): Promise<number>;
  /** How often the kubelet has called for a volume of this pod, by what the driver logs. */
  publishes(pod: NamespacedName): Promise<number>;
  /** Ends it without giving it a chance. */
  kill(): Promise<void>;
  /** Starts it again; resolves when it is ready. */
  start(): Promise<void>;
}

export interface CsiDriverOptions extends Pick<TestbedContext, 'registryCaFile' | 'secrets'> {
  readonly cluster: Cluster;
  readonly programs: ProgramsStart;
  /** A file with the CSIDriver that is to replace `deploy/csidriver.yaml`. */
  readonly csiDriverFile?: string;
  /** Lifetime of tokens in seconds, in place of that in the file. */
  readonly tokenSeconds?: number;
}

/** Starts the driver beside the kubelet, which it registers itself with. */
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
      // It is dead already; this waits for its end to be known.
      await running.stop();
    },
    start: async () => {
      running = await launch();
    },
  };
}

/** Reads the text format of Prometheus. */
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
