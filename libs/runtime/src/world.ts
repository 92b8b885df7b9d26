import { hostname } from 'node:os';
import { type Clock, systemClock } from '@oci-connector/clock';
import { type KubeConnection } from '@oci-connector/kube';
import { readCaBundle } from './ca-bundle';
import { kubeConnectionOf } from './kube-connection-of';
import { type InstallationSettings } from './installation-settings';
import { type ProgramSettings } from './program-settings';
import { readTogether } from './read-together';

/** What a program works with and does not make itself. A test replaces it; a program leaves it alone. */
export interface World {
  /** Where the API server is, and who we are there. */
  readonly connection: KubeConnection;
  /** Certificates in PEM that registries may be signed by, besides the system's roots. */
  readonly installationCa: readonly string[];
  readonly clock: Clock;
  /** Of this machine; in a pod its name. */
  readonly hostname: string;
}

/** Injection token of the {@link World}. */
export const WORLD = Symbol('WORLD');

/** Settings of any program; only some have a bundle. */
export type AnySettings = ProgramSettings & Partial<Pick<InstallationSettings, 'caBundle'>>;

/** The world that the settings lead to. @throws ConfigurationError with all that cannot be used */
export async function readWorld(settings: AnySettings, given: Partial<World> = {}): Promise<World> {
  const [connection, installationCa] = await readTogether([
    given.connection ?? kubeConnectionOf(settings),
    given.installationCa ?? readCaBundle(settings.caBundle ?? ''),
  ] as const);
  return { connection, installationCa, clock: given.clock ?? systemClock, hostname: given.hostname ?? hostname() };
}
