import { type CheckResult } from '../checks';
import { type ClusterTests } from '../cluster/cluster-tests';
import { type MountedVolumes } from '../forward/mounted-volumes';
import { type Product } from '../product';
import { type TestbedContext } from '../testbed-context';

/** The environment of a suite. */
export interface SuiteContext extends TestbedContext {
  /** Returns the installed product. The first suite that calls it starts the product; all suites share it. */
  product(start: () => Promise<Product>): Promise<Product>;
  /** Returns the CSI driver and its volumes, in the same way. */
  volumes(start: () => Promise<MountedVolumes>): Promise<MountedVolumes>;
  /** Returns the cluster, in the same way. */
  cluster(start: () => Promise<ClusterTests>): Promise<ClusterTests>;
}

export interface Suite {
  run(context: SuiteContext): Promise<CheckResult>;
}
