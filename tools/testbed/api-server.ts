import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { freePort } from '../processes/free-port';
import { type ProcessGroup, type StartedProcess } from '../processes/process-group';
import { tryCommand } from '../processes/run-command';
import { toolPath } from './toolchain';

export interface ApiServer {
  readonly url: string;
  readonly caFile: string;
  readonly adminToken: string;
  /** kubeconfig of a cluster administrator. */
  readonly kubeconfig: string;
  /** Ends it while etcd goes on, as an upgrade does. */
  stop(): Promise<void>;
  /** Starts it again, on the same port. */
  start(): Promise<void>;
  /** Keeps it from answering: connections are accepted by the kernel, and nothing comes back. */
  freeze(): void;
  thaw(): void;
}

/** A kubeconfig file for one user with a bearer token. */
export function kubeconfigText(server: { url: string; caFile: string }, token: string, namespace = 'default'): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'testbed', cluster: { server: server.url, 'certificate-authority': server.caFile } }],
    users: [{ name: 'user', user: { token } }],
    contexts: [{ name: 'testbed', context: { cluster: 'testbed', user: 'user', namespace } }],
    'current-context': 'testbed',
  });
}

/** Starts etcd and a kube-apiserver with RBAC, alone: no controller manager, so no garbage collection and no default ServiceAccounts. */
export async function startApiServer(group: ProcessGroup, directory: string, advertiseAddress: string): Promise<ApiServer> {
  await mkdir(directory, { recursive: true });
  const [client, peer, secure] = [await freePort(), await freePort(), await freePort()];
  await startEtcd(group, directory, client, peer);
  const adminToken = randomBytes(24).toString('hex');
  const files = await writeCredentials(directory, adminToken);
  const certificates = path.join(directory, 'certificates');
  const kubectl = toolPath('kubectl');
  const server = { url: `https://127.0.0.1:${secure}`, caFile: path.join(certificates, 'apiserver.crt') };
  const kubeconfig = path.join(directory, 'admin.kubeconfig');
  await writeFile(kubeconfig, kubeconfigText(server, adminToken), { mode: 0o600 });
  const command: [string, ...string[]] = [
    toolPath('kube-apiserver'),
    `--etcd-servers=http://127.0.0.1:${client}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${secure}`,
    `--advertise-address=${advertiseAddress}`,
    '--endpoint-reconciler-type=none',
    '--service-cluster-ip-range=10.96.0.0/16',
    '--authorization-mode=Node,RBAC',
    `--cert-dir=${certificates}`,
    `--token-auth-file=${files.tokens}`,
    `--service-account-key-file=${files.publicKey}`,
    `--service-account-signing-key-file=${files.privateKey}`,
    '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
  ];
  const ready = async (): Promise<boolean> => (await tryCommand([kubectl, `--kubeconfig=${kubeconfig}`, 'get', '--raw', '/readyz'])).status === 0;
  const launch = (): Promise<StartedProcess> => group.start({ name: 'kube-apiserver', command, ready, timeout: 120_000 });
  let running = await launch();
  return {
    ...server,
    adminToken,
    kubeconfig,
    stop: () => running.stop(),
    start: async () => {
      running = await launch();
    },
    freeze: () => process.kill(running.pid, 'SIGSTOP'),
    thaw: () => process.kill(running.pid, 'SIGCONT'),
  };
}

async function startEtcd(group: ProcessGroup, directory: string, client: number, peer: number): Promise<void> {
  const url = `http://127.0.0.1:${client}`;
  await group.start({
    name: 'etcd',
    command: [
      toolPath('etcd'),
      `--data-dir=${path.join(directory, 'etcd')}`,
      `--listen-client-urls=${url}`,
      `--advertise-client-urls=${url}`,
      `--listen-peer-urls=http://127.0.0.1:${peer}`,
      `--initial-advertise-peer-urls=http://127.0.0.1:${peer}`,
      `--initial-cluster=default=http://127.0.0.1:${peer}`,
    ],
    ready: async () => (await fetch(`${url}/health`)).ok,
  });
}

async function writeCredentials(
  directory: string,
  adminToken: string,
): Promise<{ tokens: string; publicKey: string; privateKey: string }> {
  const files = {
    tokens: path.join(directory, 'tokens.csv'),
    publicKey: path.join(directory, 'service-account.pub'),
    privateKey: path.join(directory, 'service-account.key'),
  };
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
  await writeFile(files.tokens, `${adminToken},admin,1,system:masters\n`, { mode: 0o600 });
  await writeFile(files.publicKey, pair.publicKey.export({ type: 'spki', format: 'pem' }));
  await writeFile(files.privateKey, pair.privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  return files;
}
