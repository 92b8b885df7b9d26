import { Checks } from '../checks';
import { checkApiServerOutages, checkControllerStopped } from '../replicas/outages';
import { ReplicatedInstallation } from '../replicas/replicated-installation';
import { checkPasswordChange, checkWithdrawal } from '../replicas/rotation';
import { checkUploads } from '../replicas/uploads';
import { type Suite } from './suite';

/** Checks that clients do not notice another replica, a restart, a new token, a new password, or an outage of controller or API server. */
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
