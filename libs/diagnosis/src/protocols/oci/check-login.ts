import { discoverPlan } from '@oci-connector/oci-auth';
import { type DiagnosisTarget } from '../../diagnosis-target';
import { explain } from '../../explain';
import { PASSED } from '../../finding';
import { type LoginFinding } from '../protocol-probes';
import { deadlineOf, withProbedRegistry } from './probed-registry';

/** Asks the registry for its challenge, and checks the realm policy. Sends no credential. */
export async function checkLogin(target: DiagnosisTarget, signal?: AbortSignal): Promise<LoginFinding> {
  const { address, clock } = target;
  try {
    const plan = await withProbedRegistry(target, (registry) => discoverPlan(registry, () => clock.now(), deadlineOf(target, signal)));
    const sentTo = plan.scheme === 'bearer' ? plan.realm.origin : address.origin;
    return { finding: PASSED, login: { scheme: plan.scheme, sentTo } };
  } catch (error) {
    return { finding: explain(error, { check: 'credential', origin: address.origin }) };
  }
}
