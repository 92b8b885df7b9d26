import { sleep } from '@oci-connector/clock';
import { CONTROLLER_LEASE_NAME, PROXY_CA_NAME, SEALING_KEYS_NAME } from '@oci-connector/connector-api';
import { ConfigMaps, Leases, type LeaseSpec, type ResourceType, Secrets } from '@oci-connector/kube';
import { type Cluster } from '../cluster';
import { type World } from '../world';

/** What the programs create in the namespace of the installation. */
const CREATED: readonly (readonly [type: ResourceType, name: string])[] = [
  [Secrets, PROXY_CA_NAME],
  [Secrets, SEALING_KEYS_NAME],
  [ConfigMaps, PROXY_CA_NAME],
  [Leases, CONTROLLER_LEASE_NAME],
];

/** Time in which a controller that is being removed ends, in milliseconds. */
const ENDING_MS = 30_000;

const PAUSE_MS = 1_000;

/** Lifetime of a Lease that does not say it, in seconds: that of the controller. */
const DEFAULT_LEASE_SECONDS = 15;

export interface CleanUpOptions {
  /** Delete even while a controller leads. */
  readonly force: boolean;
}

/** `connectors clean-up`: deletes what the programs have created and Helm does not know. @returns the exit status */
export async function cleanUp({ force }: CleanUpOptions, cluster: Cluster, world: World): Promise<number> {
  const { client, settings } = cluster;
  const { namespace } = settings;
  const leader = force ? undefined : await remainingLeader(cluster, world);
  if (leader !== undefined) {
    world.note(
      `nothing is deleted: controller ${leader} still runs, and would create another authority, which no running pod trusts. Remove the programs before (helm uninstall), or use --force`,
    );
    return 1;
  }
  for (const [type, name] of CREATED) {
    if (await client.find(type, { namespace, name })) {
      await client.delete(type, { namespace, name });
      world.print(`deleted ${type.kind} ${namespace}/${name}\n`);
    }
  }
  return 0;
}

/**
 * Waits while a controller leads, because one that is being removed takes a moment to end. Clocks of different machines are not compared:
 * a controller that has crashed is recognised by a Lease that does not change for its lifetime.
 *
 * @returns the controller that still leads after that time
 */
async function remainingLeader({ client, settings }: Cluster, { clock, note }: World): Promise<string | undefined> {
  const key = { namespace: settings.namespace, name: CONTROLLER_LEASE_NAME };
  const specNow = async (): Promise<LeaseSpec | undefined> => (await client.find(Leases, key))?.spec;
  const began = clock.monotonic();
  let seen = await specNow();
  let changedAt = began;
  if (seen?.holderIdentity) {
    note(`… waiting until controller ${seen.holderIdentity} has ended`);
  }
  while (seen?.holderIdentity) {
    const now = clock.monotonic();
    if (now - changedAt >= (seen.leaseDurationSeconds ?? DEFAULT_LEASE_SECONDS) * 1_000) {
      return undefined;
    }
    if (changedAt - began >= ENDING_MS) {
      return seen.holderIdentity;
    }
    await sleep(clock, PAUSE_MS, new AbortController().signal);
    const spec = await specNow();
    changedAt = spec?.renewTime === seen.renewTime ? changedAt : clock.monotonic();
    seen = spec;
  }
  return undefined;
}
