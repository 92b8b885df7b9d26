import { type TestCertificateAuthority } from '@oci-connector/testing-kit';
import { type ProcessGroup } from '../processes/process-group';
import { type RegistryClient } from './clients/registry-client';
import { type Content } from './content';
import { type Registry } from './registries';
import { type Secret } from './secret-search';
import { type World } from './world';

/** The programs, files and directories in the world of the testbed. */
export interface TestbedContext {
  readonly world: World;
  readonly group: ProcessGroup;
  readonly closing: (() => Promise<void>)[];
  readonly directory: string;
  /** Directory of the logs of all processes; it is kept after the run. */
  readonly logDirectory: string;
  readonly content: Content;
  readonly registries: readonly Registry[];
  readonly clients: readonly RegistryClient[];
  /** Signs the certificates of the registries and token servers. */
  readonly authority: TestCertificateAuthority;
  /** File with its certificate. */
  readonly registryCaFile: string;
  /** All secrets of this run. At the end the logs are searched for them. */
  readonly secrets: Secret[];
}
