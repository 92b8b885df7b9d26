import { Leases } from '@oci-connector/kube';
import { VERSION } from '@oci-connector/runtime';
import { until } from '../../processes/until';
import { Checks, expectEqual, expectParts } from '../checks';
import { registryNamed } from '../cluster/cluster-tests';
import { checkFaults } from '../cluster/fault-checks';
import { CHART, SYSTEM } from '../cluster/helm';
import { type InstalledCluster, startInstalledCluster } from '../cluster/installed-cluster';
import { checkNetworkPolicies } from '../cluster/network-policy-checks';
import { checkRollingRestart } from '../cluster/rolling-restart';
import { type Suite } from './suite';

const NAMESPACE = `--namespace=${SYSTEM}`;
const UPGRADE = ['upgrade', 'oci-connector', CHART, NAMESPACE, '--reset-then-reuse-values', '--wait'];
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
    const cluster = await startInstalledCluster({ ...context, values });
    await checks.part('helm test', () => checkHelmTest(checks, cluster));
    await checks.part('NetworkPolicies', () => checkNetworkPolicies(checks, cluster));
    await checks.part('upgrade', () => checkUpgrade(checks, cluster));
    await checks.part('fail-over of the controller', () => checkFailOver(checks, cluster));
    await checks.part('rolling restart', () => checkRollingRestart(checks, cluster, registryNamed(context, 'dist3-htpasswd')));
    await checks.part('connectors check', () => checkFaults(checks, context, cluster));
    await checks.part('Pod Security', () => checkPodSecurity(checks, cluster));
    await checks.part('uninstall', () => checkUninstall(checks, cluster));
    return checks.result;
  },
};

async function checkHelmTest(checks: Checks, { helm, kubectl }: InstalledCluster): Promise<void> {
  await checks.check('helm test pushes and pulls an image, and leaves nothing', async () => {
    expectParts(await helm.run(['test', 'oci-connector', NAMESPACE]), ['Phase:          Succeeded']);
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

async function checkPodSecurity(checks: Checks, { helm, kubectl }: InstalledCluster): Promise<void> {
  await checks.check('with a namespace of its own for the driver, all other pods run at the level restricted', async () => {
    await helm.run([...UPGRADE, '--set=csi.namespace=connectors-csi']);
    await kubectl.run(['label', 'namespace', SYSTEM, 'pod-security.kubernetes.io/enforce=restricted']);
    await kubectl.run(['rollout', 'restart', 'deployment', NAMESPACE]);
    for (const name of ['controller', 'proxy']) {
      await kubectl.run(['rollout', 'status', `deployment/connectors-${name}`, NAMESPACE, '--timeout=120s']);
    }
    await kubectl.run(['rollout', 'status', 'daemonset/connectors-csi', '--namespace=connectors-csi', '--timeout=120s']);
  });
  await checks.check('helm test passes there', async () => {
    expectParts(await helm.run(['test', 'oci-connector', NAMESPACE]), ['Phase:          Succeeded']);
  });
}

const EXAMPLE = `
apiVersion: connectors.alauda.io/v1alpha1
kind: Connector
metadata: {name: kept, namespace: default}
spec: {connectorClassName: oci, address: "https://registry.example"}
`;

async function checkUninstall(checks: Checks, { helm, kubectl }: InstalledCluster): Promise<void> {
  await kubectl.run(['apply', '-f', '-'], EXAMPLE);
  await until(LIMIT_MS, () => kubectl.run(['get', 'service', 'c-kept']));
  await helm.run(['uninstall', 'oci-connector', NAMESPACE, '--wait']);
  await checks.check('helm uninstall leaves Connectors, their Services and the CRDs', async () => {
    await kubectl.run(['get', 'connector', 'kept']);
    await kubectl.run(['get', 'service', 'c-kept']);
  });
  await checks.check('helm uninstall leaves no other object of the product', async () => {
    const kinds = 'deployments,daemonsets,services,serviceaccounts,roles,rolebindings,networkpolicies,poddisruptionbudgets,jobs';
    const cluster =
      'clusterroles,clusterrolebindings,csidrivers,validatingadmissionpolicies,validatingadmissionpolicybindings,connectorclasses';
    const found = [
      await kubectl.run(['get', kinds, '--all-namespaces', '--selector=app.kubernetes.io/part-of=oci-connector', '--output=name']),
      await kubectl.run(['get', cluster, '--selector=app.kubernetes.io/part-of=oci-connector', '--output=name']),
      await kubectl.run(['get', 'secrets,configmaps,leases', NAMESPACE, '--output=name']),
    ];
    const expected = ['configmap/kube-root-ca.crt', 'configmap/registry-ca'];
    expectEqual(
      found
        .join('\n')
        .split('\n')
        .filter((name) => name !== '' && !expected.includes(name)),
      [],
      'objects',
    );
  });
}
