import { Checks } from '../checks';
import { checkCaDeletion, checkCaRotation } from '../cluster/ca-rotation';
import { startClusterTests } from '../cluster/cluster-tests';
import { checkRotation } from '../cluster/rotation';
import { type Suite } from './suite';

/** Waits for the pods that the suite `cluster` started: one outlives its token, and one pushes while the CA is rotated. */
export const rotationSuite: Suite = {
  async run(context) {
    const checks = new Checks();
    const tests = await context.cluster(() => startClusterTests(context));
    await checkCaRotation(checks, tests);
    await checkRotation(checks, tests);
    await checkCaDeletion(checks, tests);
    return checks.result;
  },
};
