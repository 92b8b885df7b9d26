import { type CommandResult } from '../../processes/run-command';
import { until } from '../../processes/until';
import { type Checks, expectEqual, expectParts } from '../checks';
import { type ClusterTests } from './cluster-tests';
import { applyJson } from './installed-cluster';

const NAMESPACE = 'admission';
const SECRET = 'robot';
const AUTHOR = 'system:serviceaccount:admission:author';

/** Time in which the API server follows a change of roles and policies, in milliseconds. It takes less than a second. */
const FOLLOWS_MS = 30_000;

/** What a Connector of these checks consists of. */
interface Declared {
  readonly name: string;
  readonly secretRef?: object;
}

const connector = ({ name, secretRef }: Declared): object => ({
  apiVersion: 'connectors.alauda.io/v1alpha1',
  kind: 'Connector',
  metadata: { namespace: NAMESPACE, name },
  spec: { connectorClassName: 'oci', address: 'https://registry.example', auth: { name: 'tokenAuth', secretRef } },
});

/** Checks that a user can aim a Secret at an address only if they may read it (rule C17). */
export async function checkAdmission(checks: Checks, { cluster }: ClusterTests): Promise<void> {
  const { kubectl } = cluster;
  await applyJson(cluster, [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace: NAMESPACE, name: 'author' } },
    { apiVersion: 'v1', kind: 'Secret', metadata: { namespace: NAMESPACE, name: SECRET }, stringData: { username: 'u', password: 'p' } },
    ...['connectors-connector-viewer-role', 'connectors-connector-editor-role'].map((role) => ({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { namespace: NAMESPACE, name: role },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
      subjects: [{ kind: 'ServiceAccount', namespace: NAMESPACE, name: 'author' }],
    })),
    connector({ name: 'existing', secretRef: { name: SECRET } }),
  ]);
  const creates = (declared: Declared): Promise<CommandResult> =>
    kubectl.try(['create', `--as=${AUTHOR}`, '-f', '-'], JSON.stringify(connector(declared)));
  const changes = (patch: object): Promise<CommandResult> =>
    kubectl.try([
      'patch',
      'connector',
      'existing',
      `--namespace=${NAMESPACE}`,
      `--as=${AUTHOR}`,
      '--type=merge',
      '--patch',
      JSON.stringify(patch),
    ]);
  const refused = async (result: CommandResult, ...parts: string[]): Promise<void> => {
    expectEqual(result.status, 1, `status (${result.stdout})`);
    expectParts(result.stderr, parts);
  };
  const accepted = ({ status, stderr }: CommandResult): void => expectEqual(status, 0, `status (${stderr})`);
  const missing = `you need permission to get secrets/${SECRET} in namespace ${NAMESPACE}`;

  await checks.check('C17 who may not get a Secret creates no Connector that uses it', async () =>
    refused(await creates({ name: 'mine', secretRef: { name: SECRET } }), missing),
  );
  await checks.check('C17 nor changes the address of one that uses it', async () =>
    refused(await changes({ spec: { address: 'https://elsewhere.example' } }), missing),
  );
  await checks.check('C17 but changes its labels', async () => accepted(await changes({ metadata: { labels: { team: 'a' } } })));
  await checks.check('C17 and creates a Connector without a Secret', async () => accepted(await creates({ name: 'open' })));
  await kubectl.run([
    'create',
    'role',
    'reads',
    `--namespace=${NAMESPACE}`,
    '--verb=get',
    '--resource=secrets',
    `--resource-name=${SECRET}`,
  ]);
  await kubectl.run(['create', 'rolebinding', 'reads', `--namespace=${NAMESPACE}`, '--role=reads', `--serviceaccount=${NAMESPACE}:author`]);
  await checks.check('C17 who may get the Secret creates a Connector that uses it', () =>
    until(FOLLOWS_MS, async () => accepted(await creates({ name: 'mine', secretRef: { name: SECRET } }))),
  );
  await checks.check('C17 a Secret of another namespace is refused, even for an administrator', async () => {
    const elsewhere = connector({ name: 'foreign', secretRef: { name: SECRET, namespace: 'kube-system' } });
    const result = await kubectl.try(['create', '-f', '-'], JSON.stringify(elsewhere));
    await refused(result, 'spec.auth.secretRef.namespace must be the namespace of the Connector');
  });
  await kubectl.run(['delete', 'namespace', NAMESPACE, '--wait=false']);
}
