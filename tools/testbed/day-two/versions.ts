import { VERSION } from '@oci-connector/runtime';
import { roleBinding } from '../../installation/role-binding';
import { until } from '../../processes/until';
import { type Checks, expectEqual, expectParts } from '../checks';
import { registryNamed } from '../cluster/cluster-tests';
import { CHART, SYSTEM } from '../cluster/helm';
import { applyJson, type InstalledCluster, valuesFor } from '../cluster/installed-cluster';
import { shareConnector, type SharedConnector } from '../cluster/shared-connector';
import { connectorManifests } from '../start-product';
import { type TestbedContext } from '../testbed-context';
import { askDuring } from './asking';
import { type ChartVersion, CRDS, earlierChart, LATER_FIELD, laterChart } from './chart-versions';
import { mountDuring } from './mounting';
import { type ProtectedImages, PULL_SECRET, startProtectedImages } from './protected-images';
import { FOLLOWS_MS, podsOf } from './replicas';
import { expectStatus, ServiceClient } from './service-client';

const NAMESPACE = `--namespace=${SYSTEM}`;
const RELEASE = 'oci-connector';
const DRIVER_NAMESPACE = 'connectors-csi';
const REUSE = ['--reset-then-reuse-values', '--wait'];

/** The namespace whose Secrets the programs may read, and another one. */
const ALLOWED = 'versions';
const OTHER = 'elsewhere';

const SHARED: SharedConnector = {
  connector: { namespace: ALLOWED, name: 'registry' },
  pusher: { namespace: ALLOWED, name: 'builder' },
};
const PRIORITY = 1_000_000;

/**
 * Uninstalls the product, and installs an earlier version with values that restrict it. Then upgrades to this version and to a later one,
 * and goes back twice.
 */
export async function checkVersions(checks: Checks, context: TestbedContext, cluster: InstalledCluster): Promise<void> {
  const { helm, kubectl } = cluster;
  const [earlier, later] = [await earlierChart(cluster.directory), await laterChart(cluster.directory)];
  const images = await startProtectedImages(context, cluster, [earlier.version, later.version]);
  await helm.run(['uninstall', RELEASE, NAMESPACE, '--wait']);
  await kubectl.run(['delete', 'crd', ...CRDS.map((name) => `${name}.connectors.alauda.io`)]);
  await installEarlier(checks, cluster, { earlier, images });
  const client = await shareConnectors(checks, context, cluster);
  const change = async (what: string, args: readonly string[]): Promise<void> => {
    await checks.check(`${what}: no request and no mount fails`, async () => {
      let mounts = 0;
      const { requests, failures } = await askDuring(client, async () => {
        mounts = await mountDuring(cluster, SHARED, async () => void (await helm.run([...args, NAMESPACE])));
      });
      process.stdout.write(`       ${requests} requests, ${mounts} pods with a volume\n`);
      expectEqual(failures, [], 'failed requests');
    });
  };
  await change('upgrade from an earlier version', ['upgrade', RELEASE, CHART, ...REUSE]);
  await checks.check('the upgrade has updated the CRDs', async () => {
    expectEqual(await versionsOf(cluster), [VERSION, VERSION], 'versions of the CRDs');
    expectParts(await kubectl.run(['get', 'connectors', `--namespace=${ALLOWED}`]), ['REASON']);
  });
  // As the Job of that version does.
  await kubectl.run(['apply', '--server-side', '--force-conflicts', '-f', '-'], later.crds.join('---\n'));
  await change('upgrade to a later version', ['upgrade', RELEASE, later.directory, ...REUSE]);
  await setLaterField(cluster);
  await change('downgrade by one minor version', ['upgrade', RELEASE, CHART, ...REUSE]);
  await checks.check('the downgrade keeps the CRDs of the later version, and what Connectors say in its fields', async () => {
    expectEqual(await versionsOf(cluster), [later.version, later.version], 'versions of the CRDs');
    expectEqual(await laterField(cluster), 'kept', 'field');
  });
  await change('helm rollback to the later version', ['rollback', RELEASE, '--wait']);
  await checks.check('the rollback keeps them, too', async () => {
    expectEqual(await versionsOf(cluster), [later.version, later.version], 'versions of the CRDs');
    expectEqual(await laterField(cluster), 'kept', 'field');
    expectParts(await helm.run(['list', NAMESPACE]), [`${RELEASE}-${later.version}`]);
  });
}

/** Installs it from a registry with a login, the driver in a namespace of its own, with a PriorityClass, and with Secrets of one namespace. */
async function installEarlier(
  checks: Checks,
  cluster: InstalledCluster,
  { earlier, images }: { earlier: ChartVersion; images: ProtectedImages },
): Promise<void> {
  const { helm, kubectl } = cluster;
  await applyJson(cluster, [
    ...[ALLOWED, OTHER].map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })),
    images.secret(SYSTEM),
  ]);
  const values = {
    ...valuesFor(cluster),
    image: { registry: images.registry, pullSecrets: [PULL_SECRET] },
    controller: { replicas: 2 },
    proxy: { replicas: 2 },
    csi: { kubeletDirectory: cluster.kubelet.directory, namespace: DRIVER_NAMESPACE },
    rbac: { secretNamespaces: [ALLOWED] },
    priorityClass: { create: true },
  };
  const installed = helm.run(['install', RELEASE, earlier.directory, NAMESPACE, await helm.values('earlier', values), '--wait']);
  await checks.check(
    'an installation after an uninstallation: the driver waits for its pull Secret, and starts when it exists',
    async () => {
      await until(FOLLOWS_MS, async () => {
        const events = await kubectl.run(['get', 'events', `--namespace=${DRIVER_NAMESPACE}`]);
        expectParts(events, ['Failed to pull image']);
      });
      await applyJson(cluster, [images.secret(DRIVER_NAMESPACE)]);
      await installed;
    },
  );
  await checks.check('controller and proxy have the PriorityClass that the chart creates', async () => {
    const pods = [...(await podsOf(cluster, 'controller')), ...(await podsOf(cluster, 'proxy'))];
    expectEqual(
      pods.map(({ priority }) => priority),
      pods.map(() => PRIORITY),
      'priorities',
    );
  });
}

/** Shares a Connector whose Secret the programs may read, and makes one whose Secret they may not. @returns a client of the first one */
async function shareConnectors(checks: Checks, context: TestbedContext, cluster: InstalledCluster): Promise<ServiceClient> {
  const registry = registryNamed(context, 'dist3-htpasswd');
  await shareConnector(cluster, registry, SHARED);
  const client = await ServiceClient.of({ ...SHARED, cluster, secrets: context.secrets });
  await checks.check('with rbac.secretNamespaces, a Connector of a named namespace works', async () => {
    expectStatus(await client.send('/v2/absent/tags/list'), 404);
  });
  await checks.check('a Connector of another namespace is not Ready, its clients get 424, and both messages name the value', async () => {
    const connector = { namespace: OTHER, name: 'registry' };
    await applyJson(cluster, [
      ...connectorManifests({ ...registry, name: connector.name }, OTHER),
      roleBinding({ namespace: OTHER, name: 'builder' }, 'connectors-pusher', SHARED.pusher),
    ]);
    const other = await ServiceClient.of({ cluster, secrets: context.secrets, connector, pusher: SHARED.pusher });
    const { body } = await until(FOLLOWS_MS, async () => expectStatus(await other.send('/v2/absent/tags/list'), 424));
    expectParts(body.toString(), ['may not read Secret', 'rbac.secretNamespaces']);
    await until(FOLLOWS_MS, async () => {
      const status = await cluster.kubectl.run([
        'get',
        'connector',
        'registry',
        `--namespace=${OTHER}`,
        '--output=jsonpath={.status.conditions}',
      ]);
      expectParts(status, ['may not read Secret', 'rbac.secretNamespaces']);
    });
  });
  return client;
}

interface CrdView {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> };
}

async function versionsOf({ kubectl }: InstalledCluster): Promise<(string | undefined)[]> {
  const crds = await Promise.all(CRDS.map((name) => kubectl.get<CrdView>(['crd', `${name}.connectors.alauda.io`])));
  return crds.map(({ metadata }) => metadata.annotations?.['connectors.alauda.io/version']);
}

const CONNECTOR = ['connector', SHARED.connector.name, `--namespace=${SHARED.connector.namespace}`];

async function setLaterField({ kubectl }: InstalledCluster): Promise<void> {
  await kubectl.run(['patch', ...CONNECTOR, '--type=merge', `--patch=${JSON.stringify({ spec: { [LATER_FIELD]: 'kept' } })}`]);
}

function laterField({ kubectl }: InstalledCluster): Promise<string> {
  return kubectl.run(['get', ...CONNECTOR, `--output=jsonpath={.spec.${LATER_FIELD}}`]);
}
