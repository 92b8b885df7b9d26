import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DEFAULT_NAMESPACE } from '@oci-connector/connector-api';
import { KubeClient, loadKubeConnection } from '@oci-connector/kube';
import { VERSION } from '@oci-connector/runtime';
import { startKubeApi, type KubeApiServer } from '@oci-connector/testing-kube-api';
import { type ImageName } from '../../images/command-line.mjs';
import { installProduct } from '../../installation/install-product';
import { requestToken } from '../../installation/request-token';
import { freePort } from '../../processes/free-port';
import { runCommand, tryCommand, type CommandResult } from '../../processes/run-command';
import { until } from '../../processes/until';
import { expectEqual, expectParts, type Checks } from '../checks';
import { prepareContainer, type Container, type Share } from './container';
import { type ImageView } from './image-view';

/** What a driver needs to write a volume with the group of a pod. Kubernetes has no such list for a Bidirectional mount: it is privileged. */
const DRIVER_CAPABILITIES = ['CAP_SYS_ADMIN', 'CAP_CHOWN', 'CAP_FOWNER', 'CAP_DAC_OVERRIDE'];

export interface RunningChecks {
  readonly checks: Checks;
  readonly directory: string;
  readonly api: InstalledApi;
}

/** An API server with the product's manifests. */
export interface InstalledApi {
  readonly server: KubeApiServer;
  readonly client: KubeClient;
}

export async function startInstalledApi(directory: string): Promise<InstalledApi> {
  const server = await startKubeApi();
  await mkdir(directory, { recursive: true });
  const kubeconfig = path.join(directory, 'admin.kubeconfig');
  await writeFile(kubeconfig, server.kubeconfig());
  const client = KubeClient.fromConnection(await loadKubeConnection({ kubeconfig }));
  await installProduct(client);
  return { server, client };
}

/** A program that runs in a container. */
export interface Running {
  readonly name: ImageName;
  readonly readyMs: number;
  /** Resident memory some seconds after the start, in MiB. */
  readonly memoryMib: number;
  readonly pid: number;
  /** How the container ends. */
  readonly end: Promise<CommandResult>;
}

/** Runs an image as Kubernetes would, and checks that its program starts as the first process. Returns undefined if it does not. */
export async function checkStart(
  name: ImageName,
  image: ImageView,
  { checks, directory, api }: RunningChecks,
): Promise<Running | undefined> {
  const capabilities = name === 'csi' ? DRIVER_CAPABILITIES : [];
  await checks.check(`${name}: prints its version and its help`, async () => {
    for (const [argument, part] of [
      ['--version', `connectors-${name} ${VERSION}\n`],
      ['--help', 'OCI_CONNECTOR_LOG_LEVEL'],
    ] as const) {
      const container = await prepareContainer(`${name}${argument}`, { directory, image, args: [argument] });
      const { status, stdout, stderr } = await tryCommand([...container.run]);
      expectEqual([status, stderr], [0, ''], `${argument}: status and standard error`);
      expectParts(stdout, [part]);
    }
  });
  const { settings, shares, readyUrl } = await settingsFor(name, directory, api);
  const container = await prepareContainer(name, { directory, image, env: settings, shares, capabilities });
  let running: Running | undefined;
  await checks.check(`${name}: starts with a read-only root file system and ${capabilities.length} capabilities`, async () => {
    running = await start(name, container, readyUrl);
    const field = await statusOf(running.pid);
    expectEqual([field('NSpid').at(-1), field('NoNewPrivs')], ['1', ['1']], 'process id in the container, no_new_privs');
    expectEqual(field('Uid')[0], name === 'csi' ? '0' : '65532', 'user');
  });
  return running;
}

/** Sends SIGTERM to a program, and checks that it ends with status 0. */
export async function checkEnd({ name, pid, end }: Running, checks: Checks): Promise<void> {
  await checks.check(`${name}: ends on SIGTERM as the first process`, async () => {
    process.kill(pid, 'SIGTERM');
    const { status, stdout, stderr } = await end;
    expectEqual(status, 0, `status: ${stdout.slice(-2000)}${stderr}`);
  });
}

interface Settings {
  readonly settings: Readonly<Record<string, string>>;
  readonly shares: readonly Share[];
  readonly readyUrl: string;
}

/** Returns only the settings that a Kubernetes would not need: ports, because the container has this network, and the way to the API server. */
async function settingsFor(name: ImageName, directory: string, { server, client }: InstalledApi): Promise<Settings> {
  const token = await requestToken(client, { namespace: DEFAULT_NAMESPACE, name: `connectors-${name}` });
  const kubeconfig = path.join(directory, `${name}.kubeconfig`);
  await writeFile(kubeconfig, server.kubeconfig({ token: token.reveal() }));
  await chmod(kubeconfig, 0o644);
  const kubelet = path.join(directory, 'kubelet');
  await mkdir(path.join(kubelet, 'plugins_registry'), { recursive: true });
  const port = String(await freePort());
  const own: Readonly<Record<ImageName, Readonly<Record<string, string>>>> = {
    controller: {},
    proxy: {
      OCI_CONNECTOR_PROXY_HTTP_PORT: String(await freePort()),
      OCI_CONNECTOR_PROXY_HTTPS_PORT: String(await freePort()),
      OCI_CONNECTOR_PROXY_DRAIN_DELAY: '0s',
    },
    csi: {
      OCI_CONNECTOR_CSI_KUBELET_DIRECTORY: kubelet,
      OCI_CONNECTOR_CSI_NODE_NAME: 'node1',
      OCI_CONNECTOR_CSI_REGISTRATION_DIRECTORY: 'none',
    },
  };
  return {
    settings: { OCI_CONNECTOR_KUBECONFIG: kubeconfig, OCI_CONNECTOR_ADMIN_PORT: port, ...own[name] },
    shares: [{ place: kubeconfig, writable: false }, ...(name === 'csi' ? [{ place: kubelet, writable: true }] : [])],
    readyUrl: `http://127.0.0.1:${port}/readyz`,
  };
}

const READY_MS = 60_000;

/** Time for which a container may run, in milliseconds. */
const RUN_MS = 5 * 60_000;

/** Time after which a program has done the work of its start, in milliseconds. The figure is for a table only. */
const REST_MS = 3_000;

async function start(name: ImageName, container: Container, readyUrl: string): Promise<Running> {
  const begun = performance.now();
  const end = tryCommand([...container.run], { timeout: RUN_MS });
  const isReady = async (): Promise<void> => expectEqual((await fetch(readyUrl)).status, 200, 'readyz');
  const failed = end.then(({ status, stdout, stderr }) => {
    throw new Error(`it ended with status ${status}: ${stdout.slice(-2000)}${stderr}`);
  });
  // It is only of interest until the program is ready.
  failed.catch(() => undefined);
  await Promise.race([until(READY_MS, isReady), failed]);
  const readyMs = performance.now() - begun;
  const { pid } = JSON.parse(await runCommand([...container.state])) as { pid: number };
  await delay(REST_MS);
  return { name, readyMs, memoryMib: Number((await statusOf(pid))('VmRSS')[0]) / 1024, pid, end };
}

/** Returns the fields of /proc/PID/status, as lists of words. */
async function statusOf(pid: number): Promise<(name: string) => string[]> {
  const text = await readFile(`/proc/${pid}/status`, 'utf8');
  return (name) => new RegExp(`^${name}:\\s+(.*)$`, 'm').exec(text)?.[1]?.split(/\s+/) ?? [];
}
