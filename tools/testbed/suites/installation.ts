import { Leases } from '@oci-connector/kube';
import { VERSION } from '@oci-connector/runtime';
import { until } from '../../processes/until';
import { Checks, expectEqual, expectParts } from '../checks';
import { registryNamed } from '../cluster/cluster-tests';
import { checkFaults } from '../cluster/fault-checks';
import { CONNECTOR, FirstPull } from '../cluster/first-pull';
import { SYSTEM } from '../cluster/helm';
import { type InstalledCluster, startInstalledCluster } from '../cluster/installed-cluster';
import { checkNetworkPolicies } from '../cluster/network-policy-checks';
import { checkRollingRestart } from '../cluster/rolling-restart';
import { checkUninstall } from '../cluster/uninstall-checks';
import { pushDocumentedImages } from '../images/documented-images';
import { commandsOf, onlyCommandOf, pageBlock } from '../pages/page-blocks';
import { runBlock, runWords } from '../pages/run-words';
import { type Suite } from './suite';

const NAMESPACE = `--namespace=${SYSTEM}`;
/** The arguments of the documented `helm upgrade`. */
const [, ...UPGRADE] = onlyCommandOf(pageBlock('upgrade'));
const CRD = 'connectors.connectors.alauda.io';
const VERSION_ANNOTATION = 'connectors.alauda.io/version';

/** Limit for something to happen in the cluster, in milliseconds; it only ends a check that would wait for ever. */
const LIMIT_MS = 120_000;

/** Checks what an operator does with the chart: install, test, upgrade, restart, uninstall. Two replicas of each program. */
export const installationSuite: Suite = {
  async run(context) {
    const checks = new Checks();
    // Two replicas, and the default times of the proxy's shutdown.
    const values = { controller: { replicas: 2 }, proxy: { replicas: 2, drainDelaySeconds: 10, graceSeconds: 3600 } };
    const cluster = await startInstalledCluster({ ...context, values, pushImages: pushDocumentedImages });
    await checks.part('helm test', () => checkHelmTest(checks, cluster));
    const firstPull = await FirstPull.prepare(context, cluster);
    await checks.part('first pull', () => firstPull.check(checks));
    await checks.check('docs/install.md: connectors check in the controller', () => checkConnector(cluster));
    await checks.part('NetworkPolicies', () => checkNetworkPolicies(checks, cluster));
    await checks.part('upgrade', () => checkUpgrade(checks, cluster));
    await checks.part('fail-over of the controller', () => checkFailOver(checks, cluster));
    await checks.part('rolling restart', () => checkRollingRestart(checks, cluster, registryNamed(context, 'dist3-htpasswd')));
    await checks.part('connectors check', () => checkFaults(checks, context, cluster));
    await checks.part('Pod Security', () => checkPodSecurity(checks, cluster));
    await checks.part('uninstall', () => checkUninstall(checks, cluster, firstPull));
    return checks.result;
  },
};

async function checkHelmTest(checks: Checks, cluster: InstalledCluster): Promise<void> {
  const { kubectl } = cluster;
  await checks.check('helm test pushes and pulls an image, and leaves nothing', async () => {
    await helmTest(cluster);
    // Kubernetes collects the Service of a deleted Connector some time later.
    await until(LIMIT_MS, async () => {
      const left = await kubectl.run(['get', 'pods,connectors,secrets,services,serviceaccounts,rolebindings', NAMESPACE, '--output=name']);
      expectEqual(
        left.split('\n').filter((name) => name.includes('self-test')),
        [],
        'objects of the test',
      );
    });
  });
}

/** Runs the documented `helm test`. The command before it must be that of the README, which has installed the chart. */
async function helmTest(cluster: InstalledCluster): Promise<void> {
  const [install, test] = commandsOf(pageBlock('install and test', { 'registry.example/team': 'REGISTRY' }));
  expectEqual(install, commandsOf(pageBlock('install'))[1], 'helm install');
  expectParts(await runWords(cluster, test ?? ['']), ['Phase:          Succeeded']);
}

/** Asks the command in the image of the controller, as documented, about the README's Connector. */
async function checkConnector(cluster: InstalledCluster): Promise<void> {
  const { namespace, name } = CONNECTOR;
  const command = onlyCommandOf(pageBlock('check a Connector', { 'NAMESPACE/NAME': `${namespace}/${name}` }));
  expectParts(await runWords(cluster, command), [' 0 failed, ']);
}

interface CrdView {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> };
}

async function checkUpgrade(checks: Checks, cluster: InstalledCluster): Promise<void> {
  const { helm, kubectl } = cluster;
  const annotate = (version: string): Promise<string> =>
    kubectl.run(['annotate', 'crd', CRD, `${VERSION_ANNOTATION}=${version}`, '--overwrite']);
  const annotated = async (): Promise<string | undefined> =>
    (await kubectl.get<CrdView>(['crd', CRD])).metadata.annotations?.[VERSION_ANNOTATION];
  await checks.check('helm upgrade with the same values restarts nothing', async () => {
    const before = await cluster.containers();
    await helm.run(UPGRADE);
    expectEqual(await cluster.containers(), before, 'containers');
  });
  await checks.check('helm upgrade updates CRDs of an older version', async () => {
    await annotate('0.0.1');
    await helm.run(UPGRADE);
    expectEqual(await annotated(), VERSION, 'version of the CRD');
  });
  await checks.check('helm upgrade keeps CRDs of a newer version', async () => {
    await annotate('99.0.0');
    await helm.run(UPGRADE);
    expectEqual(await annotated(), '99.0.0', 'version of the CRD');
    await annotate(VERSION);
  });
  await checks.check('helm rollback restores the values before', async () => {
    const lease = ['get', 'deployment', 'connectors-controller', NAMESPACE, '--output=jsonpath={.spec.template.spec.containers[0].env}'];
    const before = await kubectl.run(lease);
    await helm.run([...UPGRADE, '--set=controller.leaseSeconds=20']);
    expectParts(await kubectl.run(lease), ['"20s"']);
    await helm.run(['rollback', 'oci-connector', NAMESPACE, '--wait']);
    expectEqual(await kubectl.run(lease), before, 'environment');
  });
}

async function checkFailOver(checks: Checks, { client, kubectl }: InstalledCluster): Promise<void> {
  const leader = async (): Promise<string> => {
    const { spec } = await client.get(Leases, { namespace: SYSTEM, name: 'connectors-controller' });
    return spec?.holderIdentity ?? '';
  };
  const podOf = (identity: string): string => /^connectors-controller-[a-z0-9]+-[a-z0-9]+/.exec(identity)?.[0] ?? '';
  for (const [how, options, seconds] of [
    ['ends normally', ['--wait=false'], 3],
    ['is killed', ['--wait=false', '--force', '--grace-period=0'], 20],
  ] as const) {
    await checks.check(`another replica leads within ${seconds} s when the leader ${how}`, async () => {
      await kubectl.run(['rollout', 'status', 'deployment/connectors-controller', NAMESPACE]);
      const before = await until(LIMIT_MS, async () => {
        const identity = await leader();
        expectEqual(podOf(identity) !== '', true, `a pod leads (${identity})`);
        return identity;
      });
      await kubectl.run(['delete', 'pod', podOf(before), NAMESPACE, ...options]);
      const began = Date.now();
      await until(LIMIT_MS, async () => {
        const identity = await leader();
        expectEqual(identity !== '' && identity !== before, true, `another leader than ${before}: ${identity}`);
      });
      const took = (Date.now() - began) / 1_000;
      process.stdout.write(`       ${took.toFixed(1)} s\n`);
      expectEqual(took <= seconds, true, `${took} s`);
    });
  }
}

async function checkPodSecurity(checks: Checks, cluster: InstalledCluster): Promise<void> {
  const { kubectl } = cluster;
  await checks.check('with a namespace of its own for the driver, all other pods run at the level restricted', async () => {
    await runBlock(cluster, pageBlock('Pod Security'));
    await kubectl.run(['rollout', 'restart', 'deployment', NAMESPACE]);
    for (const name of ['controller', 'proxy']) {
      await kubectl.run(['rollout', 'status', `deployment/connectors-${name}`, NAMESPACE, '--timeout=120s']);
    }
    await kubectl.run(['rollout', 'status', 'daemonset/connectors-csi', '--namespace=connectors-csi', '--timeout=120s']);
  });
  await checks.check('helm test passes there', () => helmTest(cluster));
}
