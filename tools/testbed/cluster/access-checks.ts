import { expectEqual, expectParts, type Checks } from '../checks';
import { until } from '../until';
import { connectorVolume } from './client-pods';
import { type ClusterTests } from './cluster-tests';
import { PLATFORM, TEAM_A, TEAM_B } from './tenants';

/** The kubelet tries to mount in the first second, and its event is there at once. */
const EVENT_MS = 60_000;

const ACCOUNT = 'system:serviceaccount:connectors-system:connectors-csi';

/** Managed in one place: who has the role mounts, whoever does not is told what to do. */
export async function checkAccess(checks: Checks, { cluster, pods }: ClusterTests): Promise<void> {
  const { kubectl } = cluster;
  await checks.check('the namespace that pushes has no Connector, Secret or configuration of its own', async () => {
    const names = await kubectl.run(['get', 'connectors,secrets,configmaps', `--namespace=${TEAM_A.namespace}`, '--output=name']);
    // Kubernetes puts this one into every namespace.
    expectEqual(names.trim().split('\n'), ['configmap/kube-root-ca.crt'], 'objects');
  });
  await checks.check('a pod without the role does not start, and its event says what to do', async () => {
    const pod = { namespace: TEAM_B.namespace, name: 'refused' };
    const volumes = { '/etc/connectors': connectorVolume(`${PLATFORM.namespace}/${PLATFORM.name}`) };
    await pods.create({ ...pod, serviceAccount: TEAM_B.name, image: 'busybox', script: 'true', volumes });
    await until(EVENT_MS, async () => {
      const events = (await pods.events(pod)).filter((event) => event.startsWith('FailedMount'));
      expectParts(events.join('\n'), [`${TEAM_B.namespace}/${TEAM_B.name}`, `${PLATFORM.namespace}/${PLATFORM.name}`, 'connectors-puller', 'kubectl create rolebinding']);
      process.stdout.write(`       ${events[0]}\n`);
    });
    expectEqual(await pods.phase(pod, ['Pending']), 'Pending', 'phase');
    await pods.delete(pod);
  });
}

/** What the driver itself may do, asked of the API server. */
export async function checkDriverRights(checks: Checks, { cluster }: ClusterTests): Promise<void> {
  const canI = async (...args: string[]): Promise<string> =>
    (await cluster.kubectl.try(['auth', 'can-i', ...args, '--all-namespaces', `--as=${ACCOUNT}`])).stdout.trim();
  for (const verb of ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete']) {
    await checks.check(`the driver may not ${verb} Secrets`, async () => expectEqual(await canI(verb, 'secrets'), 'no', 'answer'));
  }
  await checks.check('the driver may not create tokens', async () => expectEqual(await canI('create', 'serviceaccounts', '--subresource=token'), 'no', 'answer'));
  await checks.check('the driver may not use a Connector itself', async () => expectEqual(await canI('get', 'connectors.connectors.alauda.io', '--subresource=proxy'), 'no', 'answer'));
  // The question is understood, and asked for the right account.
  await checks.check('the driver may read Connectors', async () => expectEqual(await canI('get', 'connectors.connectors.alauda.io'), 'yes', 'answer'));
}
