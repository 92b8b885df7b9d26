import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ConfigMaps, KubeClient, loadKubeConnection } from '@oci-connector/kube';
import { type Sensitive } from '@oci-connector/sensitive';
import { TestCertificateAuthority, startFixtureRegistry, startKubeApi, type KubeApiServer } from '@oci-connector/testing';
import { buildPrograms } from '../installation/build-programs';
import { installProduct, workspaceRoot } from '../installation/install-product';
import { type RunningProgram } from '../installation/programs';
import { startAsServiceAccount } from '../installation/start-as-service-account';
import { preferredPort } from '../processes/free-port';
import { ProcessGroup } from '../processes/process-group';
import { step } from '../processes/progress';
import { applyUserManifests } from './apply-user-manifests';
import { howToRepeat } from './how-to-repeat';
import { runSample } from './run-sample';
import { type Sandbox } from './sandbox';

export interface SandboxOptions {
  /** Manifests to apply instead of the sample. */
  readonly files: readonly string[];
  /** Exit when the job is done. */
  readonly check: boolean;
  readonly caBundle?: string;
  readonly httpPort?: number;
  readonly httpsPort?: number;
}

/** The sample registry's only account. It guards nothing but an empty registry on loopback. */
const ACCOUNT = { username: 'robot', password: 'sandbox-password' };

/** Says that a sandbox runs here, and which process it is. */
const PID_FILE = 'sandbox.pid';

/** What holds credentials, or says that a sandbox runs. */
const WITHOUT_LOGS = ['sandbox.json', 'kubeconfig', 'controller.kubeconfig', 'proxy.kubeconfig', 'ca.crt', PID_FILE];

interface Ports {
  readonly http: number;
  readonly https: number;
}

/** Starts everything, does the main job, stays up unless `check`, takes everything down. Resolves with the exit status. */
export async function runSandbox(options: SandboxOptions): Promise<number> {
  const directory = path.join(workspaceRoot, '.sandbox');
  await requireNoOther(directory);
  const ports = await choosePorts(options);
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  await writeFile(path.join(directory, PID_FILE), String(process.pid));
  const group = new ProcessGroup(path.join(directory, 'logs'));
  const closing: (() => Promise<unknown>)[] = [() => group.stopAll()];
  const interrupted = interruption();
  try {
    const work = startAndWork({ options, ports, directory, group, closing });
    const outcome = await Promise.race([work, interrupted]);
    if (outcome === 'interrupted') return 130;
    if (!options.check) {
      await interrupted;
      process.stdout.write('… stopping\n');
    }
    return options.check ? outcome : 0;
  } finally {
    for (const close of closing) await close();
    for (const name of WITHOUT_LOGS) await rm(path.join(directory, name), { force: true });
  }
}

/** Two sandboxes in one workspace would take each other's files away. */
async function requireNoOther(directory: string): Promise<void> {
  const pid = Number(await readFile(path.join(directory, PID_FILE), 'utf8').catch(() => '0'));
  if (pid > 0 && isAlive(pid)) throw new Error(`a sandbox runs here already, process ${pid}; end it first (Ctrl-C there, or kill ${pid})`);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    // No such process (kill(2), ESRCH): left behind by one that was killed.
    return false;
  }
}

/** The ports that were asked for, which must be free, or the usual ones, or any. */
async function choosePorts({ httpPort, httpsPort }: SandboxOptions): Promise<Ports> {
  if (httpPort !== undefined && httpPort === httpsPort) throw new Error('--port and --https-port are the same');
  await requireFree('--port', httpPort);
  await requireFree('--https-port', httpsPort);
  return { http: httpPort ?? (await preferredPort(8080)), https: httpsPort ?? (await preferredPort(8443)) };
}

async function requireFree(option: string, port: number | undefined): Promise<void> {
  if (port !== undefined && (await preferredPort(port)) !== port) throw new Error(`${option}: port ${port} is in use; choose another`);
}

function interruption(): Promise<'interrupted'> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve('interrupted'));
  });
}

interface Start {
  readonly options: SandboxOptions;
  readonly ports: Ports;
  readonly directory: string;
  readonly group: ProcessGroup;
  /** What is to be closed at the end, in this order. */
  readonly closing: (() => Promise<unknown>)[];
}

async function startAndWork(start: Start): Promise<number> {
  const { options, directory, closing } = start;
  await step('building the programs', buildPrograms);
  const api = await step('starting an in-memory Kubernetes API', startApi);
  const kubeconfig = path.join(directory, 'kubeconfig');
  await writeFile(kubeconfig, api.kubeconfig(), { mode: 0o600 });
  const client = KubeClient.fromConnection(await loadKubeConnection({ kubeconfig }));
  const registry = await step('starting a registry that wants a password', () =>
    startFixtureRegistry({ auth: { mode: 'token', accounts: [ACCOUNT] } }),
  );
  closing.push(() => client.close(), () => registry.close(), () => api.close());
  await step('installing the CRDs, the class oci and the roles', () => installProduct(client));
  const programs = await step('starting controller and proxy', () => startPrograms(start, api, client));
  const caFile = await writeProxyCa(client, directory);
  const sandbox: Sandbox = { directory, kubeconfig, caFile, client, registry, account: ACCOUNT, proxy: programs.addresses };
  const succeeded = options.files.length > 0 ? await applyUserManifests(sandbox, options.files) : await runSample(sandbox);
  await writeState(sandbox, programs.pids);
  if (!options.check) process.stdout.write(howToRepeat(sandbox, options.files.length > 0));
  return succeeded ? 0 : 1;
}

async function startApi(): Promise<KubeApiServer> {
  const authority = await TestCertificateAuthority.create({ name: 'sandbox Kubernetes API' });
  const { cert, key } = await authority.issue({ names: ['localhost'], ips: ['127.0.0.1'] });
  // kubectl sends no token over plain http.
  return startKubeApi({ tls: { cert, key, ca: authority.caPem } });
}

interface Programs {
  readonly addresses: Sandbox['proxy'];
  readonly pids: Readonly<Record<'controller' | 'proxy', number>>;
}

async function startPrograms(start: Start, api: KubeApiServer, client: KubeClient): Promise<Programs> {
  const { options, ports, directory, group } = start;
  const addresses = { http: `http://localhost:${ports.http}`, https: `https://localhost:${ports.https}` };
  const shared = {
    OCI_CONNECTOR_EXTERNAL_HTTP_URL: addresses.http,
    OCI_CONNECTOR_EXTERNAL_HTTPS_URL: addresses.https,
    // The registry is on loopback, which a real installation never contacts.
    OCI_CONNECTOR_EGRESS_ALLOW_CIDRS: '127.0.0.1/32,::1/128',
    ...(options.caBundle !== undefined && { OCI_CONNECTOR_CA_BUNDLE: options.caBundle }),
  };
  const kubeconfigWith = (token: Sensitive): string => api.kubeconfig({ token: token.reveal() });
  const launch = (name: 'controller' | 'proxy', settings: Record<string, string>): Promise<RunningProgram> =>
    startAsServiceAccount({ group, client, directory, kubeconfigWith, name, settings: { ...shared, ...settings } });
  const controller = await launch('controller', {});
  const proxy = await launch('proxy', {
    OCI_CONNECTOR_PROXY_HOST: '127.0.0.1',
    OCI_CONNECTOR_PROXY_HTTP_PORT: String(ports.http),
    OCI_CONNECTOR_PROXY_HTTPS_PORT: String(ports.https),
    // Ctrl-C ends a sandbox at once: nobody's load balancer has to notice.
    OCI_CONNECTOR_PROXY_DRAIN_DELAY: '0s',
    OCI_CONNECTOR_PROXY_GRACE: '5s',
  });
  return { addresses, pids: { controller: controller.pid, proxy: proxy.pid } };
}

async function writeProxyCa(client: KubeClient, directory: string): Promise<string> {
  const { data } = await client.get(ConfigMaps, { namespace: 'connectors-system', name: 'connectors-proxy-ca' });
  const file = path.join(directory, 'ca.crt');
  await writeFile(file, data?.['ca.crt'] ?? '');
  return file;
}

/** For scripts: written last, so that whoever sees it finds everything running. */
async function writeState(sandbox: Sandbox, pids: Programs['pids']): Promise<void> {
  const { kubeconfig, caFile, proxy, registry, directory } = sandbox;
  const state = { kubeconfig, caFile, proxy, registry: registry.url, pids };
  await writeFile(path.join(directory, 'sandbox.json'), `${JSON.stringify(state, null, 2)}\n`);
}
