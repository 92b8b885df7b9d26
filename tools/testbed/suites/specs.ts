import path from 'node:path';
import { resultOf, runJest } from '../jest-run';
import { type Suite } from './suite';

/** Beside the code that they test, as all are; `npm test` leaves them out. */
const SPECS = [
  'apps/csi/src/mount/linux-mounter.testbed-spec.ts',
  'libs/config-rendering/src/volume/env-script.testbed-spec.ts',
  'tools/monitoring/alerts.testbed-spec.ts',
  'tools/sandbox/token-lifetimes.testbed-spec.ts',
  'tools/sandbox/user-manifests.testbed-spec.ts',
  'tools/testbed/cluster/cluster-traces.testbed-spec.ts',
];

/** Specs of the product that need root or tools, or take long. */
export const specsSuite: Suite = {
  async run({ directory }) {
    return resultOf(await runJest({ specs: SPECS, outputFile: path.join(directory, 'specs.json'), env: {} }));
  },
};
