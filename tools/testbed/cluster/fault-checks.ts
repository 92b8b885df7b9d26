import { createServer, type RequestListener } from 'node:http';
import { roleBinding } from '../../installation/role-binding';
import { until } from '../../processes/until';
import { expectEqual, expectParts, type Checks } from '../checks';
import { type Registry } from '../registries';
import { connectorManifests } from '../start-product';
import { type TestbedContext } from '../testbed-context';
import { registryNamed } from './cluster-tests';
import { ConnectorsPlugin, type CheckReport } from './connectors-plugin';
import { SYSTEM } from './helm';
import { applyJson, type InstalledCluster } from './installed-cluster';
import { FAULTY, type PlantedFault, plantedFaults } from './planted-faults';

const NAMESPACE = 'faults';
const OPERATOR = { namespace: NAMESPACE, name: 'operator' };
const BUILDER = { namespace: NAMESPACE, name: 'builder' };
const HEALTHY = { namespace: NAMESPACE, name: 'healthy' };

/** Limit for the programs to follow a change, in milliseconds; it only ends a check that would wait for ever. */
const FOLLOWS_MS = 120_000;

/** Checks `kubectl connectors check` against a Connector that works, and against one fault after the other. */
export async function checkFaults(checks: Checks, context: TestbedContext, cluster: InstalledCluster): Promise<void> {
  const target = registryNamed(context, 'dist3-htpasswd');
  const faults = plantedFaults({ target, privateCa: registryNamed(context, 'private-ca') });
  const servers = await Promise.all(Object.entries(ANSWERS).map(([name, answer]) => listen(FAULTY[name as keyof typeof ANSWERS], answer)));
  try {
    await plant(cluster, connectorManifests({ ...target, name: HEALTHY.name }, NAMESPACE), faults);
    const plugin = await ConnectorsPlugin.install(cluster, OPERATOR, context.registryCaFile);
    await checkHealthy(checks, plugin);
    for (const fault of faults) {
      await checks.check(`connectors check finds that ${fault.title}`, () => until(FOLLOWS_MS, () => findsFault(plugin, fault)));
    }
    await checkInstallationFaults(checks, { cluster, plugin, target });
  } finally {
    servers.forEach((server) => server.close());
    await cluster.kubectl.run(['delete', 'namespace', NAMESPACE, '--wait=false']);
  }
}

const at = (name: string): string[] => [`--namespace=${SYSTEM}`, name];

/** The small servers with faults. */
const ANSWERS: Readonly<Record<'odd' | 'failing' | 'web', RequestListener>> = {
  odd: (_request, response) =>
    response.writeHead(401, { 'www-authenticate': 'Bearer realm="https://auth.elsewhere.example/token",service="odd"' }).end(),
  failing: ({ url = '' }, response) => {
    const realm = `http://${FAULTY.host}:${FAULTY.failing}/token`;
    response.writeHead(url.startsWith('/token') ? 500 : 401, { 'www-authenticate': `Bearer realm="${realm}",service="failing"` }).end();
  },
  web: (_request, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Welcome</title>'),
};

async function listen(port: number, answer: RequestListener): Promise<{ close(): void }> {
  const server = createServer(answer);
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, FAULTY.address, resolve));
  return { close: () => void server.close().closeAllConnections() };
}

/** Creates the user, who administers one namespace and sees the rest, the workload, and all Connectors. */
async function plant(cluster: InstalledCluster, healthy: readonly object[], faults: readonly PlantedFault[]): Promise<void> {
  const subjects = [{ kind: 'ServiceAccount', ...OPERATOR }];
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' };
  const accounts = [OPERATOR, BUILDER, { namespace: NAMESPACE, name: 'stranger' }];
  const connector = healthy.at(-1) as { readonly spec: object };
  await applyJson(cluster, [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } },
    ...accounts.map((metadata) => ({ apiVersion: 'v1', kind: 'ServiceAccount', metadata })),
    { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRoleBinding', metadata: { name: 'faults-operator' }, roleRef, subjects },
    roleBinding({ namespace: NAMESPACE, name: 'operator' }, 'admin', OPERATOR),
    roleBinding({ namespace: NAMESPACE, name: 'builder' }, 'connectors-pusher', BUILDER),
    BROKEN_CLASS,
    ...healthy,
    ...faults.flatMap(({ name, spec, objects = [] }) => [
      ...objects.map((object) => inNamespace(object)),
      inNamespace({ ...connector, metadata: { name }, spec: { ...connector.spec, ...spec } }),
    ]),
  ]);
}

const BROKEN_CLASS = {
  apiVersion: 'connectors.alauda.io/v1alpha1',
  kind: 'ConnectorClass',
  metadata: { name: 'broken' },
  spec: { protocol: 'oci', auth: { types: [{ name: 'tokenAuth', generator: { rego: 'package proxy' } }] } },
};

function inNamespace(object: object): object {
  const { metadata } = object as { readonly metadata: object };
  return { ...object, metadata: { ...metadata, namespace: NAMESPACE } };
}

async function checkHealthy(checks: Checks, plugin: ConnectorsPlugin): Promise<void> {
  const as = `--as=${BUILDER.namespace}/${BUILDER.name}`;
  await checks.check('connectors check passes every check of a Connector that works', () => until(FOLLOWS_MS, () => isHealthy(plugin)));
  await checks.check('it prints a table, and says before what it sends where', async () => {
    const { status, stdout, stderr } = await plugin.run('check', `${HEALTHY.namespace}/${HEALTHY.name}`, as);
    expectEqual(status, 0, `status (${stdout}${stderr})`);
    expectParts(stdout, ['CHECK', 'RESULT', 'DETAIL', '17 ok, 0 failed, 0 skipped']);
    expectParts(stderr, ['→ sending the credential of Secret "healthy" to https://', '→ sending a token of ServiceAccount faults/builder']);
  });
}

async function isHealthy(plugin: ConnectorsPlugin): Promise<void> {
  const report = await plugin.check(HEALTHY, `--as=${BUILDER.namespace}/${BUILDER.name}`);
  expectEqual(
    report.results.filter(({ state }) => state !== 'passed'),
    [],
    'checks that did not pass',
  );
  expectEqual(report.status, 0, 'status');
}

async function findsFault(plugin: ConnectorsPlugin, { name, check, parts, ready, as = BUILDER.name }: PlantedFault): Promise<void> {
  const report = await plugin.check({ namespace: NAMESPACE, name }, `--as=${NAMESPACE}/${as}`);
  // The controller finds the same fault.
  expectFault(report, [check, ...(ready ? [] : ['status'])], parts);
}

/** Checks that exactly these checks fail, and what the first one of them says. */
function expectFault({ results, status, stdout }: CheckReport, fails: readonly string[], parts: readonly string[]): void {
  const failed = results.filter(({ state }) => state === 'failed');
  expectEqual(failed.map(({ check }) => check).sort(), [...fails].sort(), `failed checks (${stdout})`);
  expectParts(failed.find(({ check }) => check === fails[0])?.message ?? '', parts);
  expectEqual(status, 1, 'status');
}

interface FaultTests {
  readonly cluster: InstalledCluster;
  readonly plugin: ConnectorsPlugin;
  /** The registry of {@link HEALTHY}. */
  readonly target: Registry;
}

/** Faults of the installation. Without a controller, nothing corrects what is broken; at the end everything works again. */
async function checkInstallationFaults(checks: Checks, { cluster, plugin, target }: FaultTests): Promise<void> {
  const { kubectl } = cluster;
  const as = `--as=${BUILDER.namespace}/${BUILDER.name}`;
  const scale = (program: string, replicas: number): Promise<string> =>
    kubectl.run(['scale', ...at(`deployment/connectors-${program}`), `--replicas=${replicas}`]);
  const connector = [`--namespace=${NAMESPACE}`, 'connector', HEALTHY.name];
  const service = [`--namespace=${NAMESPACE}`, 'service', `c-${HEALTHY.name}`];
  const finds = (title: string, fails: readonly string[], parts: readonly string[]): Promise<boolean> =>
    checks.check(`connectors check finds that ${title}`, () =>
      until(FOLLOWS_MS, async () => expectFault(await plugin.check(HEALTHY, as), fails, parts)),
    );
  await scale('controller', 0);
  await kubectl.run(['wait', ...at('pods'), '--selector=app.kubernetes.io/name=connectors-controller', '--for=delete', '--timeout=120s']);

  await kubectl.run(['patch', ...service, '--type=merge', '--patch={"spec":{"ports":[{"name":"http","port":81}]}}']);
  await finds('the Service has other ports', ['service'], ['Service "c-healthy" was changed', 'delete the Service']);
  await kubectl.run(['delete', ...service]);
  await finds('the Service is missing', ['service'], ['Service "c-healthy" does not exist', 'kubectl describe connector healthy']);

  await kubectl.run(['delete', 'configmap', ...at('connectors-proxy-ca')]);
  await finds('the ConfigMap with the authority is missing', ['proxy-ca', 'service'], ['ConfigMap "connectors-proxy-ca" does not exist']);

  await scale('controller', 1);
  await checks.check('the controller makes the Service and the ConfigMap again', () => until(FOLLOWS_MS, () => isHealthy(plugin)));
  await scale('controller', 0);
  await kubectl.run(['wait', ...at('pods'), '--selector=app.kubernetes.io/name=connectors-controller', '--for=delete', '--timeout=120s']);

  const setAddress = async (url: string): Promise<void> => {
    const patch = JSON.stringify({ status: { proxy: { httpsAddress: { url }, httpAddress: null } } });
    await kubectl.run(['patch', ...connector, '--subresource=status', '--type=merge', `--patch=${patch}`]);
  };
  await setAddress(target.address);
  await finds('the address of the proxy is that of another server', ['request'], ['unknown authority', 'it must be that of status.proxy']);
  await setAddress('https://absent.registry.example');
  await checks.check('connectors check says that the address of the proxy cannot be reached from here', async () => {
    const { results } = await plugin.check(HEALTHY, as);
    expectParts(results.at(-1)?.message ?? '', ['https://absent.registry.example cannot be reached from this machine', 'kubectl exec']);
  });

  await kubectl.run(['patch', ...connector, '--type=merge', '--patch={"spec":{"params":[]}}']);
  await kubectl.run(['patch', ...connector, '--type=merge', '--patch={"spec":{"auth":{"trustedRealms":["https://auth.example"]}}}']);
  await finds('the controller does not run', ['status'], ['has not seen the last change', 'kubectl get deployment connectors-controller']);

  await scale('proxy', 0);
  await finds('no proxy runs', ['proxy', 'status'], ['no pod of the proxy is ready', 'kubectl describe pods']);
  await scale('controller', 2);
  await scale('proxy', 2);
  await checks.check('everything works again', () => until(FOLLOWS_MS, () => isHealthy(plugin)));
}
