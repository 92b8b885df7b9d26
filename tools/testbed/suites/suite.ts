import { type TestCertificateAuthority } from '@oci-connector/testing';
import { type RegistryClient } from '../clients/registry-client';
import { type ClusterTests } from '../cluster/cluster-tests';
import { type Content } from '../content';
import { type ProcessGroup } from '../../processes/process-group';
import { type Product } from '../installed-product';
import { type Registry } from '../registries';
import { type Secret } from '../secret-search';
import { type World } from '../world';

/** What a suite finds ready. */
export interface SuiteContext {
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
  /** The installed product; started by whichever suite asks first, shared by all. */
  product(start: () => Promise<Product>): Promise<Product>;
  /** The same for the cluster. */
  cluster(start: () => Promise<ClusterTests>): Promise<ClusterTests>;
}

export interface SuiteResult {
  readonly passed: number;
  readonly failures: readonly string[];
}

export interface Suite {
  readonly summary: string;
  run(context: SuiteContext): Promise<SuiteResult>;
}
