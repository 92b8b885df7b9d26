import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { DEFAULT_NAMESPACE } from '@oci-connector/connector-api';
import { ConfigMaps, KubeClient, loadKubeConnection } from '@oci-connector/kube';
import { type Sensitive } from '@oci-connector/sensitive';
import { TestCertificateAuthority } from '@oci-connector/testing-kit';
import { startKubeApi, type KubeApiServer } from '@oci-connector/testing-kube-api';
import { startFixtureRegistry } from '@oci-connector/testing-registry';
import { buildPrograms } from '../installation/build-programs';
import { installProduct } from '../installation/install-product';
import { type ProgramOptions, proxySettings, type RunningProgram } from '../installation/programs';
import { startAsServiceAccount } from '../installation/start-as-service-account';
import { type ProcessGroup } from '../processes/process-group';
import { step } from '../processes/progress';
import { type Sandbox } from './sandbox';

export interface SandboxStart {
  readonly ports: { readonly http: number; readonly https: number };
  readonly directory: string;
  readonly group: ProcessGroup;
  /** The functions that close everything at the end, in the order in which to call them. */
  readonly closing: (() => Promise<unknown>)[];
  /** Settings of all three programs, in addition to those that the sandbox sets. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Shortest lifetime of a token that can be requested; default: as in Kubernetes. */
  readonly minimumTokenSeconds?: number;
}

/** The only account of the sample registry. It protects only an empty registry on loopback. */
const ACCOUNT = { username: 'robot', password: 'sandbox-password' };

/** Returns the path of the driver's socket. It is short, because the length of a socket path is limited. */
export function csiSocketIn(directory: string): string {
  return path.join(directory, 'csi.sock');
}

/** Starts the API, a registry and the three unmodified programs, each in its own process. */
export async function startSandbox(start: SandboxStart): Promise<Sandbox> {
  const { directory, closing } = start;
  await step('building the programs', buildPrograms);
  const api = await step('starting an in-memory Kubernetes API', () => startApi(start));
  const kubeconfig = path.join(directory, 'kubeconfig');
  await writeFile(kubeconfig, api.kubeconfig(), { mode: 0o600 });
  const client = KubeClient.fromConnection(await loadKubeConnection({ kubeconfig }));
  const registry = await step('starting a registry that requires a password', () =>
    startFixtureRegistry({ auth: { mode: 'token', accounts: [ACCOUNT] } }),
  );
  closing.push(
    () => client.close(),
    () => registry.close(),
    () => api.close(),
  );
  await step('installing the CRDs, the class oci and the roles', () => installProduct(client));
  const programs = await step('starting controller, proxy and CSI driver', () => startPrograms(start, api, client));
  const caFile = await writeProxyCa(client, directory);
  return { directory, kubeconfig, caFile, client, registry, account: ACCOUNT, ...programs };
}

async function startApi({ minimumTokenSeconds }: SandboxStart): Promise<KubeApiServer> {
  const authority = await TestCertificateAuthority.create({ name: 'sandbox Kubernetes API' });
  const { cert, key } = await authority.issue({ names: ['localhost'], ips: ['127.0.0.1'] });
  // TLS, because kubectl sends no token over plain http.
  return startKubeApi({ tls: { cert, key, ca: authority.caPem }, minimumTokenSeconds });
}

type Programs = Pick<Sandbox, 'proxy' | 'csiSocket' | 'kubeletDirectory' | 'admin' | 'pids'>;

async function startPrograms(start: SandboxStart, api: KubeApiServer, client: KubeClient): Promise<Programs> {
  const { ports, directory, group } = start;
  const proxy = { http: `http://localhost:${ports.http}`, https: `https://localhost:${ports.https}` };
  const shared = {
    OCI_CONNECTOR_EXTERNAL_HTTP_URL: proxy.http,
    OCI_CONNECTOR_EXTERNAL_HTTPS_URL: proxy.https,
    // The registry is on loopback, to which a real installation never connects.
    OCI_CONNECTOR_EGRESS_ALLOW_CIDRS: '127.0.0.1/32,::1/128',
    ...start.settings,
  };
  const kubeconfigWith = (token: Sensitive): string => api.kubeconfig({ token: token.reveal() });
  const launch = (name: ProgramOptions['name'], settings: Record<string, string>): Promise<RunningProgram> =>
    startAsServiceAccount({ group, client, directory, kubeconfigWith, name, settings: { ...shared, ...settings } });
  const csiSocket = csiSocketIn(directory);
  const kubeletDirectory = path.join(directory, 'kubelet');
  await mkdir(kubeletDirectory);
  const [controller, dataPlane, csi] = await Promise.all([
    launch('controller', {}),
    launch('proxy', proxySettings({ host: '127.0.0.1', ...ports })),
    launch('csi', {
      OCI_CONNECTOR_CSI_SOCKET: csiSocket,
      OCI_CONNECTOR_CSI_KUBELET_DIRECTORY: kubeletDirectory,
      // The sandbox replaces the kubelet.
      OCI_CONNECTOR_CSI_REGISTRATION_DIRECTORY: 'none',
      // A tmpfs would require root.
      OCI_CONNECTOR_CSI_MOUNT: 'directory',
    }),
  ]);
  return {
    proxy,
    csiSocket,
    kubeletDirectory,
    admin: { controller: controller.adminUrl, proxy: dataPlane.adminUrl, csi: csi.adminUrl },
    pids: { controller: controller.pid, proxy: dataPlane.pid, csi: csi.pid },
  };
}

async function writeProxyCa(client: KubeClient, directory: string): Promise<string> {
  const { data } = await client.get(ConfigMaps, { namespace: DEFAULT_NAMESPACE, name: 'connectors-proxy-ca' });
  const file = path.join(directory, 'ca.crt');
  await writeFile(file, data?.['ca.crt'] ?? '');
  return file;
}
