import { upstreamRepository } from '@oci-connector/connector-api';
import { type RefusedCredentials, verifyCredential } from '@oci-connector/oci-auth';
import { type DiagnosisTarget } from '../../diagnosis-target';
import { explain } from '../../explain';
import { PASSED, type Finding } from '../../finding';
import { deadlineOf, withProbedRegistry } from './probed-registry';

export interface CheckCredentialOptions {
  /** The `repository` in `spec.auth.params`: a repository, as users name it, that the credential must be able to pull from. */
  repository?: string;
  signal?: AbortSignal;
  /** The refusals of all checks of this program: a refused credential is sent once, however many Connectors share it. */
  refusals?: RefusedCredentials;
}

/**
 * Checks whether the registry accepts the credential, with the whole handshake of a pull. It uses no cached token, so that a password change
 * at the registry is noticed. Without a credential, it checks whether the registry accepts anonymous clients.
 */
export async function checkCredential(target: DiagnosisTarget, options: CheckCredentialOptions = {}): Promise<Finding> {
  const { address, clock } = target;
  const { refusals, signal } = options;
  try {
    const repository = options.repository && upstreamRepository(address, options.repository);
    await withProbedRegistry(target, (registry) =>
      verifyCredential(registry, { repository, signal: deadlineOf(target, signal), clock, refusals }),
    );
    return PASSED;
  } catch (error) {
    return explain(error, { check: 'credential', origin: address.origin });
  }
}
