import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type ProcessGroup, type StartedProcess } from '../../processes/process-group';
import { type ApiServer } from '../api-server';
import { toolPath } from '../toolchain';
import { NODE } from './node-network';

/** Starts the controller manager and the scheduler. They run as administrators, because their permissions are not part of the test. */
export async function startControllers(group: ProcessGroup, api: ApiServer): Promise<void> {
  const kubeconfig = `--kubeconfig=${api.kubeconfig}`;
  await Promise.all([
    group.start({
      name: 'kube-controller-manager',
      command: [
        toolPath('kube-controller-manager'),
        kubeconfig,
        '--leader-elect=false',
        '--bind-address=127.0.0.1',
        `--service-account-private-key-file=${api.signingKeyFile}`,
        `--root-ca-file=${api.caFile}`,
      ],
    }),
    group.start({
      name: 'kube-scheduler',
      command: [toolPath('kube-scheduler'), kubeconfig, '--leader-elect=false', '--bind-address=127.0.0.1'],
    }),
  ]);
}

const READY_PORT = 8181;

/** The name server of the cluster. */
export interface ClusterDns {
  stop(): Promise<void>;
  /** Starts it again; resolves when it is ready. */
  start(): Promise<void>;
}

/** Starts CoreDNS on the node's address, for the names of Services and of the hosts that represent the outside world. */
export async function startClusterDns(group: ProcessGroup, directory: string, kubeconfig: string): Promise<ClusterDns> {
  const corefile = path.join(directory, 'Corefile');
  await writeFile(
    corefile,
    `.:53 {
  bind ${NODE.address}
  errors
  ready 127.0.0.1:${READY_PORT}
  hosts /etc/hosts {
    fallthrough
  }
  kubernetes cluster.local in-addr.arpa {
    kubeconfig ${kubeconfig}
  }
}
`,
  );
  const launch = (): Promise<StartedProcess> =>
    group.start({
      name: 'coredns',
      command: [toolPath('coredns'), '-conf', corefile],
      ready: async () => (await fetch(`http://127.0.0.1:${READY_PORT}/ready`)).ok,
    });
  let running = await launch();
  return {
    stop: () => running.stop(),
    start: async () => {
      running = await launch();
    },
  };
}
