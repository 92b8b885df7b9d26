import { type NamespacedName } from '../../installation/namespaced-name';
import { roleBinding } from '../../installation/role-binding';
import { waitForConnectors } from '../../installation/wait-for-connectors';
import { connectorManifests } from '../start-product';
import { type Registry } from '../registries';
import { applyJson, type InstalledCluster } from './installed-cluster';

/** A Connector, and a ServiceAccount of another namespace that may push through it. */
export interface SharedConnector {
  readonly connector: NamespacedName;
  readonly pusher: NamespacedName;
}

/** The names that documentation and examples use. */
export const SAMPLE: SharedConnector = {
  connector: { namespace: 'registries', name: 'harbor' },
  pusher: { namespace: 'team-b', name: 'builder' },
};

/**
 * Creates both and the objects that they need, and waits until the Connector is Ready.
 *
 * @throws Error when it does not become Ready
 */
export async function shareConnector(cluster: InstalledCluster, registry: Registry, { connector, pusher }: SharedConnector): Promise<void> {
  await applyJson(cluster, [
    ...[connector, pusher].map(({ namespace: name }) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })),
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: pusher },
    ...connectorManifests({ ...registry, name: connector.name }, connector.namespace),
    roleBinding({ namespace: connector.namespace, name: `${pusher.namespace}-${pusher.name}` }, 'connectors-pusher', pusher),
  ]);
  const [verdict] = await waitForConnectors(cluster.client, [connector]);
  if (verdict?.ready !== 'True') {
    throw new Error(`Connector ${connector.namespace}/${connector.name} is not Ready: ${verdict?.reason}: ${verdict?.message}`);
  }
}
