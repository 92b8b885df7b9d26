import { expectEqual, expectParts, type Checks } from '../checks';
import { connectorVolume } from './client-pods';
import { type ClusterTests } from './cluster-tests';
import { PLATFORM, TEAM_A, TEAM_B } from './tenants';

const SYSTEM = 'connectors-system';

const account = (program: string): string => `system:serviceaccount:${SYSTEM}:connectors-${program}`;

/** What signs the proxy's certificates, and what seals upload locations. */
const OWN_SECRETS = ['connectors-proxy-ca', 'connectors-proxy-sealing'];

const VERBS = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'];

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
    const event = await pods.event(pod, 'FailedMount');
    expectParts(event, [
      `${TEAM_B.namespace}/${TEAM_B.name}`,
      `${PLATFORM.namespace}/${PLATFORM.name}`,
      'connectors-puller',
      'kubectl create rolebinding',
    ]);
    process.stdout.write(`       ${event}\n`);
    expectEqual(await pods.phase(pod, ['Pending']), 'Pending', 'phase');
    await pods.delete(pod);
  });
}

/** What the driver itself may do, asked of the API server; Roles count only where they are, so the namespace that has any is asked apart. */
export async function checkDriverRights(checks: Checks, { cluster }: ClusterTests): Promise<void> {
  const canI = async (program: string, ...args: string[]): Promise<string> =>
    (await cluster.kubectl.try(['auth', 'can-i', ...args, `--as=${account(program)}`])).stdout.trim();
  const refused = (what: string, ...args: string[]): Promise<boolean> =>
    checks.check(`the driver may not ${what}`, async () => expectEqual(await canI('csi', ...args), 'no', 'answer'));
  for (const scope of ['--all-namespaces', `--namespace=${SYSTEM}`]) {
    for (const verb of VERBS) {
      await refused(`${verb} Secrets, ${scope}`, verb, 'secrets', scope);
    }
    await refused(`create tokens, ${scope}`, 'create', 'serviceaccounts', '--subresource=token', scope);
    await refused(`use a Connector itself, ${scope}`, 'get', 'connectors.connectors.alauda.io', '--subresource=proxy', scope);
  }
  for (const name of OWN_SECRETS) {
    await refused(`get the Secret ${name}`, 'get', `secrets/${name}`, `--namespace=${SYSTEM}`);
    await checks.check(`there is a Secret ${name}, and the controller may get it`, async () => {
      await cluster.kubectl.run(['get', 'secret', name, `--namespace=${SYSTEM}`]);
      expectEqual(await canI('controller', 'get', `secrets/${name}`, `--namespace=${SYSTEM}`), 'yes', 'answer');
    });
  }
  // The question is understood, and asked for the right account.
  await checks.check('the driver may read Connectors', async () =>
    expectEqual(await canI('csi', 'list', 'connectors.connectors.alauda.io', '--all-namespaces'), 'yes', 'answer'),
  );
}
