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
  /** File with the key that signs ServiceAccount tokens. */
  readonly signingKeyFile: string;
  /** File with the kubeconfig of a cluster administrator. */
  readonly kubeconfig: string;
  /** Ends the API server while etcd continues, as in an upgrade. */
  stop(): Promise<void>;
  /** Starts it again, on the same port. */
  start(): Promise<void>;
  /** Stops the process with SIGSTOP: the kernel accepts connections, but no response arrives. */
  freeze(): void;
  thaw(): void;
}

/** The range of the addresses of Services. */
export const SERVICE_RANGE = '10.96.0.0/16';

/** Returns a kubeconfig for one user with a bearer token. */
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

export interface ApiServerOptions {
  /** The node that will use it. */
  readonly node?: NodeAccount;
  /** Path of another version. */
  readonly program?: string;
}

/** The account of a node that will use the API server. */
export interface NodeAccount {
  readonly name: string;
  readonly token: string;
}

/**
 * Starts etcd and a kube-apiserver with RBAC. There is no controller manager, so there is no garbage collection and there are no default
 * ServiceAccounts. With a node, the API server also listens on the node's address, for kubelet and pods; otherwise only on loopback.
 */
export async function startApiServer(
  group: ProcessGroup,
  directory: string,
  address: string,
  { node, program = toolPath('kube-apiserver') }: ApiServerOptions = {},
): Promise<ApiServer> {
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
    program,
    `--etcd-servers=http://127.0.0.1:${client}`,
    `--secure-port=${secure}`,
    `--advertise-address=${address}`,
    ...(node ? NODE_FLAGS : ALONE_FLAGS),
    `--service-cluster-ip-range=${SERVICE_RANGE}`,
    '--authorization-mode=Node,RBAC',
    // As every installer sets it; the CSI driver is privileged.
    '--allow-privileged=true',
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

/** As kubeadm sets them: a node may request tokens only for its own pods, and for audiences that these pods or their CSI drivers name. */
const NODE_FLAGS = ['--bind-address=0.0.0.0', '--enable-admission-plugins=NodeRestriction', '--kubelet-preferred-address-types=InternalIP'];

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

/** The data is in memory: etcd syncs each write to disk, which is slow on a busy machine and not needed here. */
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
