import { upstreamRepository } from '@oci-connector/connector-api';
import { RegistryHttpClient } from '@oci-connector/egress';
import { type RefusedCredentials, verifyCredential } from '@oci-connector/oci-auth';
import { type DiagnosisTarget } from '../../diagnosis-target';
import { explain } from '../../explain';
import { PASSED, type Finding } from '../../finding';

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
  const { address, egress, clock, ca, timeoutMs, trustedRealms, credential } = target;
  const http = new RegistryHttpClient({ policy: egress, ca, timeoutMs });
  const { scheme, host, port, origin } = address;
  // This call caches nothing, so the parts of the cache key can be empty.
  const registry = { connectorUid: '', credentialRevision: '', scheme, host, port, origin, trustedRealms, credential, http };
  const deadline = AbortSignal.timeout(timeoutMs);
  const signal = options.signal ? AbortSignal.any([options.signal, deadline]) : deadline;
  try {
    const repository = options.repository && upstreamRepository(address, options.repository);
    await verifyCredential(registry, { repository, signal, clock, refusals: options.refusals });
    return PASSED;
  } catch (error) {
    return explain(error, { check: 'credential', origin });
  } finally {
    await http.close();
  }
}
