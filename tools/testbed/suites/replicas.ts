import { Checks } from '../checks';
import { checkApiServerOutages, checkControllerStopped } from '../replicas/outages';
import { ReplicatedInstallation } from '../replicas/replicated-installation';
import { checkPasswordChange, checkWithdrawal } from '../replicas/rotation';
import { checkUploads } from '../replicas/uploads';
import { type Suite } from './suite';

/** What must not be noticed: another replica, a restart, a new token, a new password, a controller or an API server that is away. */
export const replicasSuite: Suite = {
  async run(context) {
    const checks = new Checks();
    const installation = await ReplicatedInstallation.start(context);
    await checkUploads(checks, installation);
    await checkPasswordChange(checks, installation, context.secrets);
    await checkWithdrawal(checks, installation);
    await checkControllerStopped(checks, installation);
    await checkApiServerOutages(checks, installation);
    return checks.result;
  },
};
