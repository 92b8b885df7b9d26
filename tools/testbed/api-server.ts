import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { freePort } from '../processes/free-port';
import { type ProcessGroup, type StartedProcess } from '../processes/process-group';
import { tryCommand } from '../processes/run-command';
import { toolPath } from './toolchain';

export interface ApiServer {
  readonly url: string;
  readonly caFile: string;
  readonly adminToken: string;
  /** Key that signs ServiceAccount tokens. */
  readonly signingKeyFile: string;
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

/** A node that is to use an API server. */
export interface NodeAccount {
  readonly name: string;
  readonly token: string;
}

/**
 * Starts etcd and a kube-apiserver with RBAC, alone: no controller manager, so no garbage collection and no default
 * ServiceAccounts. With a node it is served at its address as well, for kubelet and pods; without, on loopback only.
 */
export async function startApiServer(group: ProcessGroup, directory: string, address: string, node?: NodeAccount): Promise<ApiServer> {
  await mkdir(directory, { recursive: true });
  const [client, peer, secure] = [await freePort(), await freePort(), await freePort()];
  await startEtcd(group, client, peer);
  const adminToken = randomBytes(24).toString('hex');
  const files = await writeCredentials(directory, adminToken, node);
  const certificates = path.join(directory, 'certificates');
  const kubectl = toolPath('kubectl');
  const server = { url: `https://${node ? address : '127.0.0.1'}:${secure}`, caFile: path.join(certificates, 'apiserver.crt') };
  const kubeconfig = path.join(directory, 'admin.kubeconfig');
  await writeFile(kubeconfig, kubeconfigText(server, adminToken), { mode: 0o600 });
  const command: [string, ...string[]] = [
    toolPath('kube-apiserver'),
    `--etcd-servers=http://127.0.0.1:${client}`,
    `--secure-port=${secure}`,
    `--advertise-address=${address}`,
    ...(node ? NODE_FLAGS : ALONE_FLAGS),
    '--service-cluster-ip-range=10.96.0.0/16',
    '--authorization-mode=Node,RBAC',
    `--cert-dir=${certificates}`,
    `--token-auth-file=${files.tokens}`,
    `--service-account-key-file=${files.publicKey}`,
    `--service-account-signing-key-file=${files.privateKey}`,
    '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
  ];
  const ready = async (): Promise<boolean> =>
    (await tryCommand([kubectl, `--kubeconfig=${kubeconfig}`, 'get', '--raw', '/readyz'])).status === 0;
  const launch = (): Promise<StartedProcess> => group.start({ name: 'kube-apiserver', command, ready, timeout: 120_000 });
  let running = await launch();
  return {
    ...server,
    adminToken,
    signingKeyFile: files.privateKey,
    kubeconfig,
    stop: () => running.stop(),
    start: async () => {
      running = await launch();
    },
    freeze: () => process.kill(running.pid, 'SIGSTOP'),
    thaw: () => process.kill(running.pid, 'SIGCONT'),
  };
}

const ALONE_FLAGS = ['--bind-address=127.0.0.1', '--endpoint-reconciler-type=none'];

/** As kubeadm has it: a node may ask tokens only for its own pods and for audiences that they, or their CSI drivers, name. */
const NODE_FLAGS = [
  '--bind-address=0.0.0.0',
  '--enable-admission-plugins=NodeRestriction',
  '--allow-privileged=true',
  '--kubelet-preferred-address-types=InternalIP',
];

async function startEtcd(group: ProcessGroup, client: number, peer: number): Promise<void> {
  const url = `http://127.0.0.1:${client}`;
  await group.start({
    name: 'etcd',
    command: [
      toolPath('etcd'),
      `--data-dir=${await etcdDirectory()}`,
      `--listen-client-urls=${url}`,
      `--advertise-client-urls=${url}`,
      `--listen-peer-urls=http://127.0.0.1:${peer}`,
      `--initial-advertise-peer-urls=http://127.0.0.1:${peer}`,
      `--initial-cluster=default=http://127.0.0.1:${peer}`,
    ],
    ready: async () => (await fetch(`${url}/health`)).ok,
  });
}

/** In memory: it asks the disk for each write to be safe, which takes long on a busy machine, and here nothing has to be. */
function etcdDirectory(): Promise<string> {
  return mkdtemp('/run/etcd-');
}

async function writeCredentials(
  directory: string,
  adminToken: string,
  node?: NodeAccount,
): Promise<{ tokens: string; publicKey: string; privateKey: string }> {
  const files = {
    tokens: path.join(directory, 'tokens.csv'),
    publicKey: path.join(directory, 'service-account.pub'),
    privateKey: path.join(directory, 'service-account.key'),
  };
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const tokens = [`${adminToken},admin,1,system:masters`, ...(node ? [`${node.token},system:node:${node.name},2,system:nodes`] : [])];
  await writeFile(files.tokens, `${tokens.join('\n')}\n`, { mode: 0o600 });
  await writeFile(files.publicKey, pair.publicKey.export({ type: 'spki', format: 'pem' }));
  await writeFile(files.privateKey, pair.privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  return files;
}
