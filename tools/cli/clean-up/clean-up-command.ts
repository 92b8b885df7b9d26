import { PROXY_CA_NAME, SEALING_KEYS_NAME } from '@oci-connector/connector-api';
import { ConfigMaps, Leases, type ResourceType, Secrets } from '@oci-connector/kube';
import { type Cluster } from '../cluster';
import { type World } from '../world';

/** Name of the Lease by which the controller elects its leader; the chart does not change it. */
const LEASE_NAME = 'connectors-controller';

/** What the programs create in the namespace of the installation. */
const CREATED: readonly (readonly [type: ResourceType, name: string])[] = [
  [Secrets, PROXY_CA_NAME],
  [Secrets, SEALING_KEYS_NAME],
  [ConfigMaps, PROXY_CA_NAME],
  [Leases, LEASE_NAME],
];

/** `connectors clean-up`: deletes what the programs have created and Helm does not know. @returns the exit status */
export async function cleanUp({ client, settings: { namespace } }: Cluster, world: World): Promise<number> {
  for (const [type, name] of CREATED) {
    if (await client.find(type, { namespace, name })) {
      await client.delete(type, { namespace, name });
      world.print(`deleted ${type.kind} ${namespace}/${name}\n`);
    }
  }
  return 0;
}
