import { readFile } from 'node:fs/promises';
import { VERSION } from '@oci-connector/runtime';
import { readCommit } from '../../images/commit';
import { unreleased } from '../../release/changelog';
import { packageChart } from '../../release/package-chart';
import { until } from '../../processes/until';
import { type Checks, expectEqual, expectParts } from '../checks';
import { onlyCommandOf, pageBlock } from '../pages/page-blocks';
import { PageShell } from '../pages/page-shell';
import { runBlock, runWords } from '../pages/run-words';
import { toolPath } from '../toolchain';
import { CONNECTOR, type FirstPull, POD } from './first-pull';
import { SYSTEM } from './helm';
import { type InstalledCluster, valuesFor } from './installed-cluster';
import { IMAGE_REGISTRY } from './pod-images';

const NAMESPACE = `--namespace=${SYSTEM}`;

/** Where the driver is, because the namespace of the installation enforces the level `restricted` by now. */
const DRIVER = 'connectors-csi';

/** Limit for something to happen in the cluster, in milliseconds; it only ends a check that would wait for ever. */
const LIMIT_MS = 120_000;

/** Uninstalls by the commands of docs/install.md, installs a packaged chart, which continues with what is left, and removes everything. */
export async function checkUninstall(checks: Checks, cluster: InstalledCluster, firstPull: FirstPull): Promise<void> {
  const { kubectl } = cluster;
  await checks.check('docs/install.md: the command that lists the pods with volumes', () => checkPodList(cluster));
  await kubectl.run(['delete', 'pod', POD.name, `--namespace=${POD.namespace}`, '--wait']);
  await runWords(cluster, onlyCommandOf(pageBlock('uninstall')), ['--wait']);
  await checkLeft(checks, cluster);
  await checks.check('docs/install.md: the installation of a release continues with the Connectors', async () => {
    await installRelease(cluster);
    await until(LIMIT_MS, () => firstPull.pull());
  });
  await runWords(cluster, onlyCommandOf(pageBlock('uninstall')), ['--wait']);
  await checks.check('docs/install.md: the last commands remove the rest', async () => {
    await runBlock(cluster, pageBlock('remove the rest'));
    // Kubernetes collects them some time later.
    await until(LIMIT_MS, async () => {
      expectEqual(await productNames(cluster), [], 'CRDs and namespaces of the product');
      expectEqual((await kubectl.try(['get', 'service', `c-${CONNECTOR.name}`])).status, 1, 'status');
    });
  });
}

/** The pod has ended, but still exists, and with it its volume. */
async function checkPodList({ api, directory }: InstalledCluster): Promise<void> {
  const shell = await PageShell.open({ directory: `${directory}/operator`, kubeconfig: api.kubeconfig });
  expectEqual((await shell.run(pageBlock('pods with volumes'))).trim(), `${POD.namespace}/${POD.name}`, 'pods');
}

async function checkLeft(checks: Checks, { kubectl }: InstalledCluster): Promise<void> {
  await checks.check('helm uninstall leaves Connectors, their Services and the CRDs', async () => {
    await kubectl.run(['get', 'connector', CONNECTOR.name]);
    await kubectl.run(['get', 'service', `c-${CONNECTOR.name}`]);
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

/** Packages and pushes the chart as a release does, and installs it by the command of the page. */
async function installRelease(cluster: InstalledCluster): Promise<void> {
  const { helm, kubectl, directory } = cluster;
  const { epoch } = await readCommit();
  const section = unreleased(await readFile('CHANGELOG.md', 'utf8')) ?? '';
  const options = { helm: toolPath('helm'), version: VERSION, epoch, registry: IMAGE_REGISTRY, platforms: ['linux/amd64'], section };
  const file = await packageChart({ ...options, directory });
  await helm.run(['push', file, `oci://${IMAGE_REGISTRY}/charts`, '--plain-http']);
  // Helm deletes the namespace, but does not wait for its end.
  await kubectl.run(['wait', '--for=delete', `namespace/${DRIVER}`, '--timeout=60s']);
  const command = onlyCommandOf(pageBlock('install a release', { REGISTRY: IMAGE_REGISTRY, VERSION }));
  const values = await helm.values('release', {
    ...valuesFor(cluster),
    csi: { kubeletDirectory: cluster.kubelet.directory, namespace: DRIVER },
  });
  expectParts(await runWords(cluster, command, [values, '--plain-http']), ['STATUS: deployed']);
}

async function productNames({ kubectl }: InstalledCluster): Promise<string[]> {
  const names = await kubectl.run(['get', 'crds,namespaces', '--output=name']);
  return names.split('\n').filter((name) => name.includes('connectors.alauda.io') || name.startsWith('namespace/connectors-'));
}
