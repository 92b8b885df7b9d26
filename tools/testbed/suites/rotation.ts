import { Checks } from '../checks';
import { startClusterTests } from '../cluster/cluster-tests';
import { checkRotation } from '../cluster/rotation';
import { type Suite } from './suite';

/** Waits for the pod that the suite `cluster` started. */
export const rotationSuite: Suite = {
  async run(context) {
    const checks = new Checks();
    await checkRotation(checks, await context.cluster(() => startClusterTests(context)));
    return checks.result;
  },
};
