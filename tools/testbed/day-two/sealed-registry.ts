import { startFixtureRegistry, type FixtureRegistry } from '@oci-connector/testing-registry';
import { type InstalledCluster } from '../cluster/installed-cluster';
import { shareConnector, type SharedConnector } from '../cluster/shared-connector';
import { newAccount } from '../registries';
import { type TestbedContext } from '../testbed-context';
import { OUTSIDE_ADDRESS } from '../world';
import { ServiceClient } from './service-client';

/** A registry whose uploads continue on another host, so that their locations are sealed, and a client of its Connector. */
export interface SealedRegistry {
  readonly fixture: FixtureRegistry;
  readonly client: ServiceClient;
}

/** A name with an address of the outside world, at another port than the registry that has the name in other suites. */
const HOST = 'fixture-basic.registry.example';
const PORT = 8443;

const SHARED: SharedConnector = {
  connector: { namespace: 'day-two', name: 'sealed' },
  pusher: { namespace: 'day-two', name: 'builder' },
};

export async function startSealedRegistry(context: TestbedContext, cluster: InstalledCluster): Promise<SealedRegistry> {
  const account = newAccount('sealed');
  context.secrets.push({ name: 'password of the registry with sealed locations', value: account.password });
  const tls = await context.authority.issue({ names: [HOST] });
  const fixture = await startFixtureRegistry({
    host: OUTSIDE_ADDRESS[HOST],
    port: PORT,
    publicName: HOST,
    tls,
    cdnTls: tls,
    cdnName: HOST,
    auth: { mode: 'basic', accounts: [account] },
    quirks: { uploadLocation: 'other-host' },
  });
  context.closing.unshift(() => fixture.close());
  await shareConnector(cluster, { name: 'sealed', address: `https://${HOST}:${PORT}`, account }, SHARED);
  return { fixture, client: await ServiceClient.of({ ...SHARED, cluster, secrets: context.secrets }) };
}
