import { type TestCertificateAuthority } from '@oci-connector/testing-kit';
import { type ProcessGroup } from '../processes/process-group';
import { type RegistryClient } from './clients/registry-client';
import { type Content } from './content';
import { type Registry } from './registries';
import { type Secret } from './secret-search';
import { type World } from './world';

/** What runs in the world of the testbed, and what is told of it. */
export interface TestbedContext {
  readonly world: World;
  readonly group: ProcessGroup;
  readonly closing: (() => Promise<void>)[];
  readonly directory: string;
  /** What every process logs, kept after the run. */
  readonly logDirectory: string;
  readonly content: Content;
  readonly registries: readonly Registry[];
  readonly clients: readonly RegistryClient[];
  /** Signs for whatever stands for the outside world. */
  readonly authority: TestCertificateAuthority;
  /** Its certificate. */
  readonly registryCaFile: string;
  /** Every secret that was given to anybody in this run; the logs are searched for them at the end. */
  readonly secrets: Secret[];
}
