import path from 'node:path';
import { resultOf, runJest } from '../jest-run';
import { type Suite } from './suite';

/** The specs are next to the code that they test; `npm test` omits them. */
const SPECS = [
  'apps/csi/src/mount/linux-mounter.testbed-spec.ts',
  'libs/config-rendering/src/volume/env-script.testbed-spec.ts',
  'libs/config-rendering/src/volume/trust-store.testbed-spec.ts',
  'tools/monitoring/alerts.testbed-spec.ts',
  'tools/sandbox/token-lifetimes.testbed-spec.ts',
  'tools/sandbox/user-manifests.testbed-spec.ts',
  'tools/testbed/cluster/cluster-traces.testbed-spec.ts',
  'tools/workspace/workflows.testbed-spec.ts',
];

/** Runs specs of the product that require root or tools, or run long. */
export const specsSuite: Suite = {
  async run({ directory }) {
    return resultOf(await runJest({ specs: SPECS, outputFile: path.join(directory, 'specs.json'), env: {} }));
  },
};
