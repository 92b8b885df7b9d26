import { Checks } from '../checks';
import { checkAdmission } from '../cluster/admission-checks';
import { checkAccess, checkDriverRights, checkPuller } from '../cluster/access-checks';
import { startCaRotation } from '../cluster/ca-rotation';
import { checkClients } from '../cluster/client-checks';
import { checkSanity } from '../cluster/csi-sanity';
import { checkForwardProxy } from '../cluster/forward-checks';
import { checkDriverRestart } from '../cluster/restart-checks';
import { checkExamplePods } from '../cluster/example-pods';
import { checkProjectedToken } from '../cluster/projected-token';
import { startClusterTests, type ClusterTests } from '../cluster/cluster-tests';
import { checkOutages } from '../cluster/outage-checks';
import { startRotation } from '../cluster/rotation';
import { checkUsers } from '../cluster/user-checks';
import { type Suite } from './suite';

const PARTS: Readonly<Record<string, (checks: Checks, tests: ClusterTests) => Promise<void>>> = {
  'outages of kubelet and API server': checkOutages,
  'restart of the driver': checkDriverRestart,
  'a pod for the suite rotation': (_, tests) => startRotation(tests),
  'a rotation of the CA, for the suite rotation': (_, tests) => startCaRotation(tests),
  'a projected token': checkProjectedToken,
  'csi-sanity': checkSanity,
  clients: checkClients,
  'forward proxy': checkForwardProxy,
  'pods of the documentation': checkExamplePods,
  'users and groups': checkUsers,
  access: checkAccess,
  'the role connectors-puller': checkPuller,
  'admission policy': checkAdmission,
  'permissions of the driver': checkDriverRights,
};

/** Tests pods on a real kubelet, which get all their files from a volume. */
export const clusterSuite: Suite = {
  async run(context) {
    const checks = new Checks();
    const tests = await context.cluster(() => startClusterTests(context));
    for (const [name, run] of Object.entries(PARTS)) {
      await checks.part(name, () => run(checks, tests));
    }
    return checks.result;
  },
};
