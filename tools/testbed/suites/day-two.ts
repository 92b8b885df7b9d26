import { Checks } from '../checks';
import { registryNamed } from '../cluster/cluster-tests';
import { startInstalledCluster } from '../cluster/installed-cluster';
import { shareConnector, type SharedConnector } from '../cluster/shared-connector';
import { checkEvictions } from '../day-two/evictions';
import { checkKilledReplica } from '../day-two/killed-replica';
import { checkNameServerLoss } from '../day-two/name-server-loss';
import { checkSealingRotation } from '../day-two/sealing-rotation';
import { startSealedRegistry } from '../day-two/sealed-registry';
import { ServiceClient } from '../day-two/service-client';
import { checkStartTimes } from '../day-two/start-times';
import { checkVersions } from '../day-two/versions';
import { type Suite, type SuiteContext } from './suite';

const NAMESPACE = 'day-two';
const PUSHER = { namespace: NAMESPACE, name: 'builder' };
const shared = (name: string): SharedConnector => ({ connector: { namespace: NAMESPACE, name }, pusher: PUSHER });

/** Checks what docs/operations.md promises about faults, rotations and other versions. Two replicas of controller and proxy. */
export const dayTwoSuite: Suite = {
  async run(context) {
    const checks = new Checks();
    const values = {
      controller: { replicas: 2 },
      // The default times of the proxy's shutdown.
      proxy: { replicas: 2, drainDelaySeconds: 10, graceSeconds: 3600 },
      priorityClass: { create: true },
    };
    const cluster = await startInstalledCluster({ ...context, values });
    const client = await share(context, cluster, 'dist3-htpasswd');
    const unused = await share(context, cluster, 'dist3-token');
    const sealed = await startSealedRegistry(context, cluster);
    await checks.part('start of the programs', () => checkStartTimes(checks, cluster));
    await checks.part('loss of the name server', () => checkNameServerLoss(checks, { cluster, client, unused }));
    await checks.part('rotation of the sealing key', () => checkSealingRotation(checks, cluster, sealed));
    await checks.part('a killed replica', () => checkKilledReplica(checks, { cluster, client, sealed }));
    await checks.part('evictions', () => checkEvictions(checks, cluster, client));
    await checks.part('other versions', () => checkVersions(checks, context, cluster));
    return checks.result;
  },
};

/** Shares a Connector of the registry's name. @returns a client of it */
async function share(context: SuiteContext, cluster: Parameters<typeof shareConnector>[0], name: string): Promise<ServiceClient> {
  const connector = shared(name);
  await shareConnector(cluster, registryNamed(context, name), connector);
  return ServiceClient.of({ ...connector, cluster, secrets: context.secrets });
}
