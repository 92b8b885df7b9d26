import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { stringify } from 'yaml';
import { ConfigMaps, KubeClient, loadKubeConnection } from '@oci-connector/kube';
import { type Sensitive } from '@oci-connector/sensitive';
import { applyManifest } from '../installation/apply-manifests';
import { buildPrograms } from '../installation/build-programs';
import { installProduct, requestToken } from '../installation/install-product';
import { type ProgramOptions, type RunningProgram } from '../installation/programs';
import { startAsServiceAccount } from '../installation/start-as-service-account';
import { waitForConnectors } from '../installation/wait-for-connectors';
import { step } from '../processes/progress';
import { kubeconfigText, startApiServer, type ApiServer } from './api-server';
import { NAMESPACE } from './connector-names';
import { type Product } from './installed-product';
import { type Registry } from './registries';
import { type SuiteContext } from './suites/suite';
import { OUTSIDE_ADDRESS } from './world';

/** The ServiceAccount of the clients. */
export const CLIENT = { namespace: NAMESPACE, name: 'builder' } as const;

/** Starts a real API server, installs the product with the RBAC of `deploy/`, and runs both programs under it. */
export async function startProduct(context: SuiteContext, node?: string): Promise<Product> {
  const { group, directory, closing } = context;
  const api = await step('starting a kube-apiserver', () =>
    startApiServer(group, path.join(directory, 'kubernetes'), OUTSIDE_ADDRESS.apiServer),
  );
  context.secrets.push({ name: "the administrator's token", value: api.adminToken });
  const client = KubeClient.fromConnection(await loadKubeConnection({ kubeconfig: api.kubeconfig }));
  closing.unshift(() => client.close());
  await step('building the programs', buildPrograms);
  await step('installing the product', () => installProduct(client));
  await applyAll(client, [...clientManifests(), ...context.registries.flatMap((registry) => connectorManifests(registry))]);
  const programs = await step('starting controller and proxy', () => startPrograms(context, { api, client, node }));
  const keys = context.registries.map(({ name }) => ({ namespace: NAMESPACE, name }));
  const verdicts = await step('waiting for the Connectors', () => waitForConnectors(client, keys));
  const waiting = verdicts.filter(({ ready }) => ready !== 'True');
  if (waiting.length > 0) {
    throw new Error(waiting.map(({ name, reason, message }) => `Connector ${name} is not Ready: ${reason}: ${message}`).join('\n'));
  }
  const caFile = path.join(directory, 'proxy-ca.crt');
  const { data } = await client.get(ConfigMaps, { namespace: 'connectors-system', name: 'connectors-proxy-ca' });
  await writeFile(caFile, data?.['ca.crt'] ?? '');
  const token = async (): Promise<string> => {
    const value = (await requestToken(client, { ...CLIENT, audience: 'connectors-proxy', expirationSeconds: 3600 })).reveal();
    context.secrets.push({ name: 'a ServiceAccount token', value });
    return value;
  };
  return { api, client, ...programs, caFile, token };
}

/** Applies objects one after the other. */
export async function applyAll(client: KubeClient, objects: readonly object[]): Promise<void> {
  for (const object of objects) await applyManifest(client, stringify(object), 'the testbed');
}

/** The namespace, the clients' ServiceAccount, and its permission: pushing as the role ships, deleting as an operator would add it. */
function clientManifests(): object[] {
  const rbac = 'rbac.authorization.k8s.io';
  const binding = (name: string, role: string): object => ({
    apiVersion: `${rbac}/v1`,
    kind: 'RoleBinding',
    metadata: { namespace: NAMESPACE, name },
    roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: role },
    subjects: [{ kind: 'ServiceAccount', ...CLIENT }],
  });
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: CLIENT },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRole',
      metadata: { name: 'testbed-deleter' },
      rules: [{ apiGroups: ['connectors.alauda.io'], resources: ['connectors/proxy'], verbs: ['delete'] }],
    },
    binding('builder-pushes', 'connectors-pusher'),
    binding('builder-deletes', 'testbed-deleter'),
  ];
}

/** A Connector for a registry, and its Secret. */
export function connectorManifests({ name, address, account, trustedRealm }: Registry, namespace: string = NAMESPACE): object[] {
  const metadata = { namespace, name };
  const secretRef = account && { name };
  const trustedRealms = trustedRealm ? [trustedRealm] : undefined;
  const connector = {
    apiVersion: 'connectors.alauda.io/v1alpha1',
    kind: 'Connector',
    metadata,
    spec: { connectorClassName: 'oci', address, auth: { name: 'tokenAuth', secretRef, trustedRealms } },
  };
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata, type: 'cpaas.io/distribution-registry-token', stringData: account };
  return account ? [secret, connector] : [connector];
}

/** What a program is started for. */
export interface ProgramsStart {
  readonly api: ApiServer;
  readonly client: KubeClient;
  readonly node?: string;
}

async function startPrograms(context: SuiteContext, start: ProgramsStart): Promise<{ controller: RunningProgram; proxy: RunningProgram }> {
  const controller = await launchProgram(context, start, 'controller', {});
  const proxy = await launchProgram(context, start, 'proxy', {
    OCI_CONNECTOR_PROXY_HOST: '127.0.0.1',
    OCI_CONNECTOR_PROXY_HTTP_PORT: '80',
    OCI_CONNECTOR_PROXY_HTTPS_PORT: '443',
    OCI_CONNECTOR_PROXY_DRAIN_DELAY: '0s',
    OCI_CONNECTOR_PROXY_GRACE: '5s',
  });
  return { controller, proxy };
}

/** Starts a program with a kubeconfig of its own ServiceAccount, the CA of the testbed's registries, and everything in its log. */
export async function launchProgram(
  context: Pick<SuiteContext, 'group' | 'directory' | 'registryCaFile' | 'secrets'>,
  { api, client, node }: ProgramsStart,
  name: ProgramOptions['name'],
  settings: Readonly<Record<string, string>>,
): Promise<RunningProgram> {
  const { group, directory, registryCaFile, secrets } = context;
  const kubeconfigWith = (token: Sensitive): string => {
    secrets.push({ name: `the ${name}'s token`, value: token.reveal() });
    return kubeconfigText(api, token.reveal());
  };
  const shared = { OCI_CONNECTOR_CA_BUNDLE: registryCaFile, OCI_CONNECTOR_LOG_LEVEL: 'debug' };
  return startAsServiceAccount({ group, client, directory, kubeconfigWith, name, node, settings: { ...shared, ...settings } });
}
