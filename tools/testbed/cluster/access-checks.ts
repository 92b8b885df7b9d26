import { roleBinding } from '../../installation/role-binding';
import { until } from '../../processes/until';
import { expectEqual, expectParts, type Checks } from '../checks';
import { connectorVolume } from './client-pods';
import { type ClusterTests } from './cluster-tests';
import { SYSTEM } from './helm';
import { applyJson } from './installed-cluster';
import { CONNECTOR_HOST, PLATFORM, SOURCE, TEAM_A, TEAM_B } from './tenants';

const MOUNT = '/etc/connectors';

/** Limit for a deleted RoleBinding to have its effect, in milliseconds; answers are kept for 10 seconds. */
const REVOKED_MS = 60_000;

const account = (program: string): string => `system:serviceaccount:${SYSTEM}:connectors-${program}`;

/** The Secrets with the key that signs the proxy's certificates, and the key that seals upload locations. */
const OWN_SECRETS = ['connectors-proxy-ca', 'connectors-proxy-sealing'];

const VERBS = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'];

/** Checks that a pod without the role cannot mount, and that its event shows what to do. */
export async function checkAccess(checks: Checks, { cluster, pods }: ClusterTests): Promise<void> {
  const { kubectl } = cluster;
  await checks.check('the namespace that pushes contains no Connector, Secret or configuration', async () => {
    const names = await kubectl.run(['get', 'connectors,secrets,configmaps', `--namespace=${TEAM_A.namespace}`, '--output=name']);
    // Kubernetes creates this one in every namespace.
    expectEqual(names.trim().split('\n'), ['configmap/kube-root-ca.crt'], 'objects');
  });
  await checks.check('a pod without the role does not start, and its event shows what to do', async () => {
    const pod = { namespace: TEAM_B.namespace, name: 'refused' };
    const volumes = { [MOUNT]: connectorVolume(`${PLATFORM.namespace}/${PLATFORM.name}`) };
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

/** Checks that a pod may do exactly what its RoleBinding says, as long as there is one. */
export async function checkPuller(checks: Checks, { cluster, pods, sourceDigest }: ClusterTests): Promise<void> {
  const reader = { namespace: TEAM_A.namespace, name: 'reader' };
  const binding = { namespace: PLATFORM.namespace, name: 'reader' };
  await applyJson(cluster, [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: reader },
    roleBinding(binding, 'connectors-puller', reader),
  ]);
  await pods.create({
    ...reader,
    serviceAccount: reader.name,
    image: 'crane',
    script: 'sleep 3600',
    env: { DOCKER_CONFIG: MOUNT, SSL_CERT_FILE: `${MOUNT}/ca-bundle.crt` },
    volumes: { [MOUNT]: connectorVolume(`${PLATFORM.namespace}/${PLATFORM.name}`) },
  });
  await pods.phase(reader, ['Running']);
  const image = `${CONNECTOR_HOST}/${SOURCE}`;
  const longName = `${CONNECTOR_HOST}/namespaces/${PLATFORM.namespace}/connectors/${PLATFORM.name}/${SOURCE}`;
  for (const name of [image, longName]) {
    await checks.check(`a pod with the role connectors-puller pulls ${name}`, async () =>
      expectEqual((await pods.exec(reader, `crane digest ${name}`)).stdout.trim(), sourceDigest, 'digest'),
    );
  }
  const refused = async (command: string, role: string): Promise<void> => {
    const { status, stdout, stderr } = await pods.exec(reader, command);
    expectEqual(status !== 0, true, `${command} fails (${stdout})`);
    expectParts(stderr, ['DENIED', `--clusterrole=${role}`]);
  };
  await checks.check('it cannot push', () => refused(`crane copy ${image} ${CONNECTOR_HOST}/team/refused:v1`, 'connectors-pusher'));
  await checks.check('it cannot pull any more when the RoleBinding is deleted', async () => {
    await cluster.kubectl.run(['delete', 'rolebinding', `--namespace=${binding.namespace}`, binding.name]);
    await until(REVOKED_MS, () => refused(`crane digest ${image}`, 'connectors-puller'));
  });
  await pods.delete(reader);
}

/**
 * Asks the API server for the permissions of the driver. Roles apply only in their namespace, so the namespace that contains Roles is
 * checked separately.
 */
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
  // This answer shows that the API server understands the question, and that the account exists.
  await checks.check('the driver may read Connectors', async () =>
    expectEqual(await canI('csi', 'list', 'connectors.connectors.alauda.io', '--all-namespaces'), 'yes', 'answer'),
  );
}
