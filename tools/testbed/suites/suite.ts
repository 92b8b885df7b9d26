import { type CheckResult } from '../checks';
import { type ClusterTests } from '../cluster/cluster-tests';
import { type Product } from '../product';
import { type TestbedContext } from '../testbed-context';

/** What a suite finds ready. */
export interface SuiteContext extends TestbedContext {
  /** The installed product; started by whichever suite asks first, shared by all. */
  product(start: () => Promise<Product>): Promise<Product>;
  /** The same for the cluster. */
  cluster(start: () => Promise<ClusterTests>): Promise<ClusterTests>;
}

export interface Suite {
  run(context: SuiteContext): Promise<CheckResult>;
}
