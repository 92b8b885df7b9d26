import { hostname } from 'node:os';
import { type Clock, systemClock } from '@oci-connector/clock';
import { type KubeConnection } from '@oci-connector/kube';
import { readCaBundle } from './ca-bundle';
import { kubeConnectionOf } from './kube-connection-of';
import { type InstallationSettings } from './installation-settings';
import { type ProgramSettings } from './program-settings';
import { readTogether } from './read-together';

/** The outside world of a program. Only tests replace parts of it. */
export interface World {
  /** Address of the API server, and the program's credential for it. */
  readonly connection: KubeConnection;
  /** Certificate authorities in PEM that are trusted for registries, in addition to the system's roots. */
  readonly installationCa: readonly string[];
  readonly clock: Clock;
  /** Host name of this machine; in a pod, the name of the pod. */
  readonly hostname: string;
}

/** Injection token of the {@link World}. */
export const WORLD = Symbol('WORLD');

/** The settings of any program; not every program has a CA bundle. */
export type AnySettings = ProgramSettings & Partial<Pick<InstallationSettings, 'caBundle'>>;

/**
 * Returns the world that the settings describe.
 *
 * @throws ConfigurationError when files that the settings name cannot be used; it contains all problems
 */
export async function readWorld(settings: AnySettings, given: Partial<World> = {}): Promise<World> {
  const [connection, installationCa] = await readTogether([
    given.connection ?? kubeConnectionOf(settings),
    given.installationCa ?? readCaBundle(settings.caBundle ?? ''),
  ] as const);
  return { connection, installationCa, clock: given.clock ?? systemClock, hostname: given.hostname ?? hostname() };
}
