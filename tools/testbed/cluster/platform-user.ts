import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { roleBinding } from '../../installation/role-binding';
import { kubeconfigText } from '../api-server';
import { Kubectl } from '../kubectl';
import { type Secret } from '../secret-search';
import { SYSTEM } from './helm';
import { applyJson, type InstalledCluster } from './installed-cluster';

/** A user of a platform team, who is no administrator of the cluster. */
export interface PlatformUser {
  readonly kubectl: Kubectl;
  readonly kubeconfig: string;
}

const ACCOUNT = { namespace: 'platform-team', name: 'operator' } as const;

/** The ClusterRoles of the user in each namespace: those of docs/install.md, "Who may grant the use of a Connector". */
const ROLES = {
  default: ['admin', 'connectors-admin'],
  'team-a': ['admin'],
  [SYSTEM]: ['view'],
} as const;

/**
 * Creates the user. Administrators of the cluster also create the namespaces of teams; the README's YAML contains one of them, which
 * `kubectl apply` reads and annotates.
 */
export async function makePlatformUser(cluster: InstalledCluster, secrets: Secret[]): Promise<PlatformUser> {
  const bindings = Object.entries(ROLES).flatMap(([namespace, roles]) =>
    roles.map((role) => roleBinding({ namespace, name: `operator-${role}` }, role, ACCOUNT)),
  );
  await applyJson(cluster, [
    ...[ACCOUNT.namespace, ...Object.keys(ROLES)].map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })),
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: ACCOUNT },
    ...bindings,
    ...NAMESPACE_EDITOR,
  ]);
  const { namespace, name } = ACCOUNT;
  const token = (await cluster.kubectl.run(['create', 'token', name, `--namespace=${namespace}`, '--duration=2h'])).trim();
  secrets.push({ name: "the platform team's token", value: token });
  const directory = path.join(cluster.directory, 'platform-user');
  await mkdir(directory);
  const kubeconfig = path.join(directory, 'kubeconfig');
  await writeFile(kubeconfig, kubeconfigText(cluster.api, token), { mode: 0o600 });
  return { kubeconfig, kubectl: new Kubectl(kubeconfig, directory) };
}

const NAMESPACE_EDITOR = [
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: 'namespace-editor' },
    rules: [{ apiGroups: [''], resources: ['namespaces'], verbs: ['get', 'patch'] }],
  },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: 'namespace-editor' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'namespace-editor' },
    subjects: [{ kind: 'ServiceAccount', ...ACCOUNT }],
  },
];
