import { type NamespacedName } from './namespaced-name';

const GROUP = 'rbac.authorization.k8s.io';

/** Returns a RoleBinding that grants a ClusterRole to a ServiceAccount, in the namespace of the binding. */
export function roleBinding(metadata: NamespacedName, clusterRole: string, account: NamespacedName): object {
  return {
    apiVersion: `${GROUP}/v1`,
    kind: 'RoleBinding',
    metadata: { ...metadata },
    roleRef: { apiGroup: GROUP, kind: 'ClusterRole', name: clusterRole },
    subjects: [{ kind: 'ServiceAccount', ...account }],
  };
}
