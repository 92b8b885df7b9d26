/** The names of the sample, in one place. */
export const SAMPLE = {
  connector: { namespace: 'default', name: 'sample' },
  secret: 'sample-registry',
  serviceAccount: { namespace: 'default', name: 'ci' },
  repository: 'demo/hello',
  tag: 'v1',
} as const;

/** The manifests that a platform team would write for this registry. */
export function sampleManifests(address: string, trustedRealm: string): object[] {
  const { connector, secret, serviceAccount } = SAMPLE;
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { ...serviceAccount } },
    {
      apiVersion: 'connectors.alauda.io/v1alpha1',
      kind: 'Connector',
      metadata: { ...connector },
      spec: {
        connectorClassName: 'oci',
        address,
        auth: { name: 'tokenAuth', secretRef: { name: secret }, trustedRealms: [trustedRealm] },
      },
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { namespace: connector.namespace, name: 'sample-ci-pushes' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'connectors-pusher' },
      subjects: [{ kind: 'ServiceAccount', ...serviceAccount }],
    },
  ];
}
