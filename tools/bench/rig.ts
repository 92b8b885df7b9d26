import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { KubeClient, loadKubeConnection } from '@oci-connector/kube';
import { type Sensitive } from '@oci-connector/sensitive';
import { startKubeApi, type KubeApiServer } from '@oci-connector/testing-kube-api';
import { stringify } from 'yaml';
import { applyManifest } from '../installation/apply-manifests';
import { buildPrograms } from '../installation/build-programs';
import { installProduct } from '../installation/install-product';
import { requestToken } from '../installation/request-token';
import { workspaceRoot } from '../processes/workspace';
import { type ProgramOptions, proxySettings, type RunningProgram } from '../installation/programs';
import { roleBinding } from '../installation/role-binding';
import { startAsServiceAccount } from '../installation/start-as-service-account';
import { accepts } from '../processes/accepts';
import { freePort } from '../processes/free-port';
import { imageEnvironment } from './image-environment';
import { withOwnNames, writeOwnNames } from './own-names';
import { ProcessGroup, type StartedProcess } from '../processes/process-group';
import { runCommand } from '../processes/run-command';

/** A path for requests to the upstream. */
export interface Target {
  readonly name: 'direct' | 'nginx' | 'go' | 'proxy';
  /** The URL before `/v2/`. */
  readonly base: string;
  /** Undefined for `direct`, which has no proxy. */
  readonly pid?: number;
}

/** The running environment of a benchmark. */
export interface Rig {
  readonly targets: readonly Target[];
  readonly proxy: Target & { readonly pid: number };
  readonly client: KubeClient;
  readonly authorization: string;
  readonly token: string;
  /** A temporary directory, which is removed when the rig is closed. */
  readonly directory: string;
  /** Starts another proxy process, to use instead of `proxy`. */
  startProxy(options?: ProxyOptions): Promise<Rig['proxy'] & Pick<RunningProgram, 'stop'>>;
  /** Starts a program with its own ServiceAccount and the common settings. It ends with the rig at the latest. */
  start(program: Omit<ProgramOptions, 'kubeconfig'>): Promise<RunningProgram>;
  load(options: LoadOptions): Promise<LoadResult>;
  /** Starts a load without waiting for its end. */
  startLoad(options: LoadOptions): Promise<StartedProcess>;
  /**
   * Starts another command of the peer program; see peer/main.go.
   *
   * @param options.besideProxy on the processor of the proxy under test, because both are compared
   */
  startPeer(
    command: string,
    flags: Readonly<Record<string, string | number>>,
    options?: { readonly besideProxy?: boolean },
  ): Promise<StartedProcess>;
  close(): Promise<void>;
}

/** Options of a proxy, in addition to the common ones. */
export interface ProxyOptions {
  readonly settings?: Readonly<Record<string, string>>;
  /** Prefix of the command. */
  readonly prefix?: readonly string[];
}

export interface LoadOptions {
  readonly mode: 'pull' | 'push' | 'push-chunked' | 'manifest';
  readonly url: string;
  readonly count?: number;
  readonly concurrency?: number;
  /** Bytes of each body. */
  readonly size?: number;
  /** Requests per second; if absent, as fast as possible. */
  readonly rate?: number;
  /** Open a new connection for each request. */
  readonly fresh?: boolean;
  /** Values of the header, which requests use in turn; by default that of the rig. */
  readonly authorization?: readonly string[];
  /** Seconds after which requests that have not ended have failed. */
  readonly deadline?: number;
  /** URL of a forward proxy, with its login. */
  readonly proxy?: string;
  /** File with the authorities that are trusted for https. */
  readonly ca?: string;
  /** Seconds for which the connections stay open after the last request. */
  readonly holdSeconds?: number;
}

/** The output of the load generator. */
export interface LoadResult {
  readonly requests: number;
  readonly failed: number;
  readonly error?: string;
  readonly bytes: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export const CONNECTOR = { namespace: 'bench', name: 'upstream' } as const;

const UPSTREAM_ACCOUNT = { username: 'bench', password: 'bench-password' };
/** The Authorization header that the upstreams require. */
export const UPSTREAM_AUTHORIZATION = `Basic ${Buffer.from(`${UPSTREAM_ACCOUNT.username}:${UPSTREAM_ACCOUNT.password}`).toString('base64')}`;

/** The proxy under test has this processor for itself. */
const PROXY_PINNED: readonly [string, ...string[]] = ['taskset', '-c', '0'];
const PEERS_PINNED: readonly [string, ...string[]] = ['taskset', '-c', '1'];

/** Starts the upstream, the peers and the product. */
export async function startRig(): Promise<Rig> {
  // This process runs the API server and starts the load, so it must not use the proxy's processor.
  await runCommand(['taskset', '-cp', '1', String(process.pid)]);
  const directory = await mkdtemp(path.join(tmpdir(), 'bench-'));
  const logs = path.join(workspaceRoot, '.testbed', 'bench-logs');
  // Each run logs a hundred megabytes: one line for each request.
  await rm(logs, { recursive: true, force: true });
  const group = new ProcessGroup(logs);
  const close = async (): Promise<void> => {
    await group.stopAll();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    const rig = await furnish(group, directory);
    return { ...rig, close: () => rig.close().then(close) };
  } catch (error) {
    await close();
    throw error;
  }
}

async function furnish(group: ProcessGroup, directory: string): Promise<Rig> {
  const peer = path.join(directory, 'peer');
  await runCommand(['go', 'build', '-o', peer, '.'], {
    cwd: path.join(workspaceRoot, 'tools/bench/peer'),
    env: process.env,
    timeout: 300_000,
  });
  const upstream = await startUpstream(group, peer);
  const peers = [await startNginx({ group, directory, upstream }), await startGoProxy({ group, peer, upstream })];
  const product = await startProduct(group, directory, upstream);
  const loadCommand = (options: LoadOptions): [string, ...string[]] => {
    const authorization = options.url.startsWith(upstream) ? UPSTREAM_AUTHORIZATION : product.authorization;
    return [...PEERS_PINNED, peer, 'load', ...loadFlags(options, authorization)];
  };
  return {
    ...product,
    targets: [{ name: 'direct', base: upstream }, ...peers, product.proxy],
    load: (options) => load(loadCommand(options)),
    startLoad: (options) => group.start({ name: 'load', command: loadCommand(options), env: ONE_THREAD }),
    startPeer: (command, flags, { besideProxy = false } = {}) =>
      group.start({
        name: command,
        command: [...(besideProxy ? PROXY_PINNED : PEERS_PINNED), peer, command, ...flagsOf(flags)],
        env: ONE_THREAD,
        ready: () => isListening(flags.listen),
      }),
  };
}

/** @param address HOST:PORT, if the program listens */
async function isListening(address: string | number | undefined): Promise<boolean> {
  const [host, port] = String(address).split(':');
  return host === undefined || port === undefined || accepts(host, Number(port));
}

/** Peers use one processor, whatever the machine has. */
const ONE_THREAD = { GOMAXPROCS: '1' };

async function startUpstream(group: ProcessGroup, peer: string): Promise<string> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  await group.start({
    name: 'upstream',
    command: [...PEERS_PINNED, peer, 'upstream', '-listen', `127.0.0.1:${port}`, '-authorization', UPSTREAM_AUTHORIZATION],
    ready: async () => (await fetch(`${url}/v2/`)).status === 401,
  });
  return url;
}

interface PeerStart {
  readonly group: ProcessGroup;
  readonly upstream: string;
}

async function startGoProxy({ group, peer, upstream }: PeerStart & { peer: string }): Promise<Target> {
  const port = await freePort();
  const base = `http://127.0.0.1:${port}`;
  const flags = ['-listen', `127.0.0.1:${port}`, '-upstream', upstream, '-authorization', UPSTREAM_AUTHORIZATION];
  const { pid } = await group.start({
    name: 'go-proxy',
    command: [...PROXY_PINNED, peer, 'proxy', ...flags],
    env: { ...process.env, GOMAXPROCS: '1' },
    ready: async () => (await fetch(`${base}/v2/`)).ok,
  });
  return { name: 'go', base, pid };
}

async function startNginx({ group, directory, upstream }: PeerStart & { directory: string }): Promise<Target> {
  const port = await freePort();
  const base = `http://127.0.0.1:${port}`;
  const configuration = `
daemon off; master_process off; worker_processes 1; pid ${directory}/nginx.pid; error_log stderr;
events { worker_connections 4096; }
http {
  access_log off; client_max_body_size 0;
  client_body_temp_path ${directory}/body; proxy_temp_path ${directory}/proxy; fastcgi_temp_path ${directory}/f; uwsgi_temp_path ${directory}/u; scgi_temp_path ${directory}/s;
  upstream registry { server ${new URL(upstream).host}; keepalive 256; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://registry; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host;
      proxy_set_header Authorization "${UPSTREAM_AUTHORIZATION}";
      proxy_request_buffering off; proxy_buffers 16 128k; proxy_max_temp_file_size 0;
    }
  }
}`;
  const file = path.join(directory, 'nginx.conf');
  await writeFile(file, configuration);
  const { pid } = await group.start({
    name: 'nginx',
    command: [...PROXY_PINNED, 'nginx', '-c', file],
    env: process.env,
    ready: async () => (await fetch(`${base}/v2/`)).ok,
  });
  return { name: 'nginx', base, pid };
}

type ProductRig = Omit<Rig, 'targets' | 'load' | 'startLoad' | 'startPeer'>;

async function startProduct(group: ProcessGroup, directory: string, upstream: string): Promise<ProductRig> {
  await buildPrograms();
  const api = await startKubeApi();
  const adminKubeconfig = path.join(directory, 'admin.kubeconfig');
  await writeFile(adminKubeconfig, api.kubeconfig());
  const client = KubeClient.fromConnection(await loadKubeConnection({ kubeconfig: adminKubeconfig }));
  await installProduct(client);
  for (const object of benchManifests(upstream)) {
    await applyManifest(client, stringify(object), 'the benchmark');
  }
  const start = await programStarter({ group, directory, api, client });
  await writeOwnNames(directory);
  // The controller sends requests to the registries of all Connectors.
  const [first = 'env', ...rest] = [...withOwnNames(directory), ...PEERS_PINNED];
  await start({ name: 'controller', settings: {}, prefix: [first, ...rest] });
  const startProxy = proxyStarter(start);
  const proxy = await startProxy();
  const token = (await requestToken(client, { namespace: 'bench', name: 'builder', audience: 'connectors-proxy' })).reveal();
  return {
    proxy,
    client,
    token,
    directory,
    start,
    startProxy,
    authorization: `Basic ${Buffer.from(`any:${token}`).toString('base64')}`,
    close: async () => {
      await client.close();
      await api.close();
    },
  };
}

interface ProgramStarterParts {
  readonly group: ProcessGroup;
  readonly directory: string;
  readonly api: KubeApiServer;
  readonly client: KubeClient;
}

/** Starts programs with the environment of their images. */
async function programStarter({ group, directory, api, client }: ProgramStarterParts): Promise<Rig['start']> {
  const dockerfile = await readFile(path.join(workspaceRoot, 'deploy/Dockerfile'), 'utf8');
  const kubeconfigWith = (token: Sensitive): string => api.kubeconfig({ token: token.reveal() });
  const shared = { OCI_CONNECTOR_EGRESS_ALLOW_CIDRS: '127.0.0.1/32', NODE_ENV: 'production' };
  return (program) => {
    const settings = { ...shared, ...imageEnvironment(dockerfile, program.name), ...program.settings };
    return startAsServiceAccount({ ...program, group, client, directory, kubeconfigWith, settings });
  };
}

function proxyStarter(start: Rig['start']): Rig['startProxy'] {
  return async ({ settings = {}, prefix = [] } = {}) => {
    const port = await freePort();
    const serves = proxySettings({ host: '127.0.0.1', http: port, https: await freePort() });
    const [first = 'env', ...rest] = [...prefix, ...PROXY_PINNED];
    const program = await start({ name: 'proxy', settings: { ...serves, ...settings }, prefix: [first, ...rest] });
    return { name: 'proxy', base: `http://127.0.0.1:${port}`, pid: program.pid, stop: () => program.stop() };
  };
}

function benchManifests(upstream: string): object[] {
  const { namespace, name } = CONNECTOR;
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace, name: 'builder' } },
    { apiVersion: 'v1', kind: 'Secret', metadata: { namespace, name }, type: 'kubernetes.io/basic-auth', stringData: UPSTREAM_ACCOUNT },
    connectorManifest(name, upstream),
    roleBinding({ namespace, name: 'builder-pushes' }, 'connectors-pusher', { namespace, name: 'builder' }),
  ];
}

/** Returns a Connector for the benchmark's upstream. */
export function connectorManifest(name: string, address: string): object {
  return {
    apiVersion: 'connectors.alauda.io/v1alpha1',
    kind: 'Connector',
    metadata: { namespace: CONNECTOR.namespace, name },
    spec: { connectorClassName: 'oci', address, auth: { name: 'basicAuth', secretRef: { name: CONNECTOR.name } } },
  };
}

function loadFlags({ authorization, deadline, holdSeconds, fresh, ...options }: LoadOptions, ownAuthorization: string): string[] {
  const numbers = { count: 1, concurrency: 1, size: 0, rate: 0, proxy: '', ca: '', ...options };
  const times = { deadline: `${deadline ?? 3600}s`, hold: `${holdSeconds ?? 0}s` };
  const values = authorization ?? [ownAuthorization];
  return [...flagsOf({ ...numbers, ...times }), `-fresh=${fresh ?? false}`, ...values.flatMap((value) => ['-authorization', value])];
}

function flagsOf(flags: Readonly<Record<string, string | number>>): string[] {
  return Object.entries(flags).flatMap(([name, value]) => [`-${name}`, String(value)]);
}

async function load(command: readonly [string, ...string[]]): Promise<LoadResult> {
  return JSON.parse(await runCommand(command, { timeout: 900_000, env: ONE_THREAD })) as LoadResult;
}
