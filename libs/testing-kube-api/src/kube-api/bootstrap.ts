import { type ObjectLike } from './api-object';
import { type JsonObject } from './json';

const RBAC = 'rbac.authorization.k8s.io/v1';
const AGGREGATE = 'rbac.authorization.k8s.io/aggregate-to-';

const READ = ['get', 'list', 'watch'];
const WRITE = ['create', 'delete', 'deletecollection', 'patch', 'update'];
const ALL = [...READ, ...WRITE];

/** Namespaced types that the role `view` allows to read. Secrets are not among them. */
const READABLE = ['configmaps', 'endpoints', 'events', 'persistentvolumeclaims', 'pods', 'serviceaccounts', 'services'];

function clusterRole(name: string, rules: readonly JsonObject[], labels: Record<string, string> = {}): ObjectLike {
  return { apiVersion: RBAC, kind: 'ClusterRole', metadata: { name, labels }, ...{ rules } };
}

/** Returns a role that aggregates the rules of all roles with the label of its name. */
function aggregated(name: string, labels: Record<string, string> = {}): ObjectLike {
  const selector = { matchLabels: { [`${AGGREGATE}${name}`]: 'true' } };
  const parts = { aggregationRule: { clusterRoleSelectors: [selector] }, rules: [] };
  return { apiVersion: RBAC, kind: 'ClusterRole', metadata: { name, labels }, ...parts };
}

function bindGroup(role: string, ...groups: string[]): ObjectLike {
  const subjects = groups.map((name) => ({ kind: 'Group', name }));
  const parts = { roleRef: { kind: 'ClusterRole', name: role }, subjects };
  return { apiVersion: RBAC, kind: 'ClusterRoleBinding', metadata: { name: role }, ...parts };
}

const namespaces: ObjectLike[] = ['default', 'kube-system', 'kube-public', 'kube-node-lease'].map((name) => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name },
}));

const DISCOVERY_PATHS = [
  '/api',
  '/api/*',
  '/apis',
  '/apis/*',
  '/healthz',
  '/livez',
  '/openapi',
  '/openapi/*',
  '/readyz',
  '/version',
  '/version/',
];
const ISSUER_PATHS = ['/.well-known/openid-configuration', '/.well-known/openid-configuration/', '/openid/v1/jwks', '/openid/v1/jwks/'];
const PUBLIC_PATHS = ['/healthz', '/livez', '/readyz', '/version', '/version/'];

const roles: ObjectLike[] = [
  clusterRole('cluster-admin', [
    { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
    { nonResourceURLs: ['*'], verbs: ['*'] },
  ]),
  aggregated('admin'),
  aggregated('edit', { [`${AGGREGATE}admin`]: 'true' }),
  aggregated('view', { [`${AGGREGATE}edit`]: 'true' }),
  clusterRole(
    'system:aggregate-to-admin',
    [
      { apiGroups: ['authorization.k8s.io'], resources: ['localsubjectaccessreviews'], verbs: ['create'] },
      { apiGroups: ['rbac.authorization.k8s.io'], resources: ['rolebindings', 'roles'], verbs: ALL },
    ],
    { [`${AGGREGATE}admin`]: 'true' },
  ),
  clusterRole(
    'system:aggregate-to-edit',
    [
      { apiGroups: [''], resources: ['secrets'], verbs: ALL },
      { apiGroups: [''], resources: ['serviceaccounts/token'], verbs: ['create'] },
      { apiGroups: [''], resources: READABLE, verbs: WRITE },
      { apiGroups: ['apps'], resources: ['daemonsets', 'deployments', 'replicasets', 'statefulsets'], verbs: WRITE },
      { apiGroups: ['batch'], resources: ['cronjobs', 'jobs'], verbs: WRITE },
      { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ALL },
    ],
    { [`${AGGREGATE}edit`]: 'true' },
  ),
  clusterRole(
    'system:aggregate-to-view',
    [
      { apiGroups: [''], resources: [...READABLE, 'limitranges', 'namespaces', 'resourcequotas'], verbs: READ },
      { apiGroups: ['apps'], resources: ['daemonsets', 'deployments', 'replicasets', 'statefulsets'], verbs: READ },
      { apiGroups: ['batch'], resources: ['cronjobs', 'jobs'], verbs: READ },
    ],
    { [`${AGGREGATE}view`]: 'true' },
  ),
  clusterRole('system:auth-delegator', [
    { apiGroups: ['authentication.k8s.io'], resources: ['tokenreviews'], verbs: ['create'] },
    { apiGroups: ['authorization.k8s.io'], resources: ['subjectaccessreviews'], verbs: ['create'] },
  ]),
  clusterRole('system:basic-user', [
    {
      apiGroups: ['authorization.k8s.io'],
      resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'],
      verbs: ['create'],
    },
    { apiGroups: ['authentication.k8s.io'], resources: ['selfsubjectreviews'], verbs: ['create'] },
  ]),
  clusterRole('system:discovery', [{ nonResourceURLs: DISCOVERY_PATHS, verbs: ['get'] }]),
  clusterRole('system:service-account-issuer-discovery', [{ nonResourceURLs: ISSUER_PATHS, verbs: ['get'] }]),
  clusterRole('system:public-info-viewer', [{ nonResourceURLs: PUBLIC_PATHS, verbs: ['get'] }]),
];

const bindings: ObjectLike[] = [
  bindGroup('cluster-admin', 'system:masters'),
  bindGroup('system:basic-user', 'system:authenticated'),
  bindGroup('system:discovery', 'system:authenticated'),
  bindGroup('system:service-account-issuer-discovery', 'system:serviceaccounts'),
  bindGroup('system:public-info-viewer', 'system:authenticated', 'system:unauthenticated'),
];

/** The objects of a new cluster. */
export const BOOTSTRAP_OBJECTS: readonly ObjectLike[] = [...namespaces, ...roles, ...bindings];
