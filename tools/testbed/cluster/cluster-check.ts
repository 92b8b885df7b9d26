import { runCommand } from '../../processes/run-command';
import { Checks, expectEqual, expectParts } from '../checks';
import { connectorVolume } from './client-pods';
import { remainsOf, tracesOf, type ClusterTraces } from './cluster-traces';
import { podImage } from './pod-images';
import { SAMPLE } from './shared-connector';

/** The commands of the command line, and the information that they print. */
export interface ClusterCommands {
  up(): Promise<number>;
  down(): Promise<number>;
  /** Returns the running cluster. */
  running(): { readonly name: string; readonly owner: number } | undefined;
  /** Returns the kubectl command and its environment, as `up` prints them. */
  kubectl(): { readonly command: readonly [string, ...string[]]; readonly env: NodeJS.ProcessEnv };
}

/** Programs that every cluster has. If one is missing, the check looked at the wrong processes. */
const PROGRAMS = ['etcd', 'kube-apiserver', 'kubelet', 'containerd', 'containerd-shim', 'coredns'];

/** A pod that still runs when the cluster ends, with a volume of the driver and its own network. */
const POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace: SAMPLE.pusher.namespace, name: 'resident' },
  spec: {
    serviceAccountName: SAMPLE.pusher.name,
    containers: [
      {
        name: 'main',
        image: podImage('busybox'),
        command: ['sleep', '3600'],
        volumeMounts: [{ name: 'connectors', mountPath: '/etc/connectors' }],
      },
    ],
    volumes: [{ name: 'connectors', ...connectorVolume(`${SAMPLE.connector.namespace}/${SAMPLE.connector.name}`) }],
  },
};

/**
 * Starts a cluster, uses it as `up` describes, ends it, and checks that nothing is left.
 *
 * @returns the exit status
 */
export async function checkCluster(commands: ClusterCommands): Promise<number> {
  const checks = new Checks();
  let traces: ClusterTraces | undefined;
  await checks.part('start and use of a cluster', async () => {
    if (!(await checks.check('cluster up', async () => expectEqual(await commands.up(), 0, 'status')))) {
      return;
    }
    await useCluster(checks, commands);
    traces = tracesNow(commands);
    await checks.check('its processes and networks are found', () => {
      expectParts((traces?.processes ?? []).map(({ command }) => command).join(' '), PROGRAMS);
      // The network of the node and the network of the pod.
      expectEqual((traces?.networks.size ?? 0) >= 2, true, 'two networks');
    });
  });
  await checks.check('cluster down', async () => expectEqual(await commands.down(), 0, 'status'));
  await checks.check('nothing is left: no process, mount, network, control group or directory', () => {
    if (!traces) {
      throw new Error('there was no cluster');
    }
    expectEqual(remainsOf(traces), [], 'the remains');
  });
  const { passed, failures } = checks.result;
  for (const failure of failures) {
    process.stdout.write(`FAILED ${failure}\n`);
  }
  process.stdout.write(`${passed} passed, ${failures.length} failed\n`);
  return failures.length === 0 ? 0 : 1;
}

async function useCluster(checks: Checks, commands: ClusterCommands): Promise<void> {
  const kubectl = (args: readonly string[], input?: string): Promise<string> => {
    const { command, env } = commands.kubectl();
    return runCommand([...command, ...args], { env, input });
  };
  await checks.check('kubectl get nodes', async () => expectParts(await kubectl(['get', 'nodes']), ['node1', ' Ready ']));
  await checks.check('a pod runs with a volume', async () => {
    await kubectl(['apply', '-f', '-'], JSON.stringify(POD));
    const { namespace, name } = POD.metadata;
    await kubectl(['wait', `--namespace=${namespace}`, '--for=condition=Ready', '--timeout=60s', `pod/${name}`]);
  });
  await checks.check('a second cluster up succeeds', async () => expectEqual(await commands.up(), 0, 'status'));
}

function tracesNow(commands: ClusterCommands): ClusterTraces {
  const cluster = commands.running();
  if (!cluster) {
    throw new Error('no cluster is up');
  }
  return tracesOf(cluster.name, cluster.owner);
}
