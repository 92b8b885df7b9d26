import { waitForConnectors } from '../../installation/wait-for-connectors';
import { connectorManifests } from '../product';
import { type Registry } from '../registries';
import { applyJson, type InstalledCluster } from './installed-cluster';

interface Key {
  readonly namespace: string;
  readonly name: string;
}

/** A Connector that is managed in one place, and a ServiceAccount of another namespace that may push through it. */
export interface SharedConnector {
  readonly connector: Key;
  readonly pusher: Key;
}

/** The names that documentation and examples use. */
export const SAMPLE: SharedConnector = {
  connector: { namespace: 'registries', name: 'harbor' },
  pusher: { namespace: 'team-b', name: 'builder' },
};

/** Makes both, with all that they need, and waits until the Connector is Ready. */
export async function shareConnector(cluster: InstalledCluster, registry: Registry, { connector, pusher }: SharedConnector): Promise<void> {
  const apiGroup = 'rbac.authorization.k8s.io';
  await applyJson(cluster, [
    ...[connector, pusher].map(({ namespace: name }) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })),
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: pusher },
    ...connectorManifests({ ...registry, name: connector.name }, connector.namespace),
    {
      apiVersion: `${apiGroup}/v1`,
      kind: 'RoleBinding',
      metadata: { namespace: connector.namespace, name: `${pusher.namespace}-${pusher.name}` },
      roleRef: { apiGroup, kind: 'ClusterRole', name: 'connectors-pusher' },
      subjects: [{ kind: 'ServiceAccount', ...pusher }],
    },
  ]);
  const [verdict] = await waitForConnectors(cluster.client, [connector]);
  if (verdict?.ready !== 'True') throw new Error(`Connector ${connector.namespace}/${connector.name} is not Ready: ${verdict?.reason}: ${verdict?.message}`);
}
