import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { DEFAULT_NAMESPACE } from '@oci-connector/connector-api';
import { stringify } from 'yaml';
import { ConfigMaps, KubeClient, loadKubeConnection } from '@oci-connector/kube';
import { type Sensitive } from '@oci-connector/sensitive';
import { applyManifest } from '../installation/apply-manifests';
import { buildPrograms } from '../installation/build-programs';
import { installProduct } from '../installation/install-product';
import { type NamespacedName } from '../installation/namespaced-name';
import { requestToken } from '../installation/request-token';
import { type ProgramOptions, proxySettings, type RunningProgram } from '../installation/programs';
import { roleBinding } from '../installation/role-binding';
import { startAsServiceAccount } from '../installation/start-as-service-account';
import { waitForConnectors } from '../installation/wait-for-connectors';
import { step } from '../processes/progress';
import { kubeconfigText, startApiServer, type ApiServer } from './api-server';
import { NAMESPACE } from './connector-names';
import { type Product } from './product';
import { type Registry } from './registries';
import { type TestbedContext } from './testbed-context';
import { OUTSIDE_ADDRESS } from './world';

/** The ServiceAccount of the clients. */
export const CLIENT = { namespace: NAMESPACE, name: 'builder' } as const;

/** The ServiceAccount of pods with daemons. */
export const DAEMONS = { namespace: NAMESPACE, name: 'daemons' } as const;

/** Starts a real API server, installs the product with the RBAC of `deploy/`, and starts controller and proxy with these permissions. */
export async function startProduct(context: TestbedContext, node?: string): Promise<Product> {
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
  const { data } = await client.get(ConfigMaps, { namespace: DEFAULT_NAMESPACE, name: 'connectors-proxy-ca' });
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
  for (const object of objects) {
    await applyManifest(client, stringify(object), 'the testbed');
  }
}

/**
 * Returns the namespace, the ServiceAccounts, and their permissions: to push by the shipped role, to delete by a role as an operator
 * would add it.
 */
function clientManifests(): object[] {
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } },
    serviceAccount(CLIENT),
    serviceAccount(DAEMONS),
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'testbed-deleter' },
      rules: [{ apiGroups: ['connectors.alauda.io'], resources: ['connectors/proxy'], verbs: ['delete'] }],
    },
    roleBinding({ namespace: NAMESPACE, name: 'builder-pushes' }, 'connectors-pusher', CLIENT),
    roleBinding({ namespace: NAMESPACE, name: 'daemons-push' }, 'connectors-pusher', DAEMONS),
    roleBinding({ namespace: NAMESPACE, name: 'builder-deletes' }, 'testbed-deleter', CLIENT),
  ];
}

/** Returns a ServiceAccount. */
export function serviceAccount(metadata: NamespacedName): object {
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata };
}

/** Returns a Connector for a registry, and its Secrets. */
export function connectorManifests(registry: Registry, namespace: string = NAMESPACE): object[] {
  const { name, address, account, trustedRealm, privateCa } = registry;
  const metadata = { namespace, name };
  const caSecret = { namespace, name: `${name}-ca` };
  const secretRef = account && { name };
  const trustedRealms = trustedRealm ? [trustedRealm] : undefined;
  const connector = {
    apiVersion: 'connectors.alauda.io/v1alpha1',
    kind: 'Connector',
    metadata,
    spec: {
      connectorClassName: 'oci',
      address,
      auth: { name: 'tokenAuth', secretRef, trustedRealms },
      caCertSecretRef: privateCa && { name: caSecret.name },
    },
  };
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata, type: 'cpaas.io/distribution-registry-token', stringData: account };
  const authority = { apiVersion: 'v1', kind: 'Secret', metadata: caSecret, stringData: { 'ca.crt': privateCa?.pem } };
  return [...(account ? [secret] : []), ...(privateCa ? [authority] : []), connector];
}

/** The cluster for which a program is started. */
export interface ProgramsStart {
  readonly api: ApiServer;
  readonly client: KubeClient;
  readonly node?: string;
}

async function startPrograms(
  context: TestbedContext,
  start: ProgramsStart,
): Promise<{ controller: RunningProgram; proxy: RunningProgram }> {
  const controller = await launchProgram(context, start, 'controller', {});
  const proxy = await launchProgram(context, start, 'proxy', proxySettings({ host: '127.0.0.1', http: 80, https: 443 }));
  return { controller, proxy };
}

/** Starts a program with a kubeconfig of its own ServiceAccount, the CA of the testbed's registries, and log level debug. */
export async function launchProgram(
  context: Pick<TestbedContext, 'group' | 'directory' | 'registryCaFile' | 'secrets'>,
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
