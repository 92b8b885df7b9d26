import { upstreamRepository } from '@oci-connector/connector-api';
import { RegistryHttpClient } from '@oci-connector/egress';
import { type RefusedCredentials, verifyCredential } from '@oci-connector/oci-auth';
import { type DiagnosisTarget } from '../../diagnosis-target';
import { explain } from '../../explain';
import { PASSED, type Finding } from '../../finding';

export interface CheckCredentialOptions {
  /** `spec.auth.params` `repository`: a repository, as users name it, that the credential must be able to pull from. */
  repository?: string;
  signal?: AbortSignal;
  /** Refusals of all checks of this program; a refused credential is sent once, whoever shares it. */
  refusals?: RefusedCredentials;
}

/**
 * Whether the registry takes the credential, by the handshake that a pull makes, from nothing: no cached token takes part,
 * so a password changed at the registry is noticed. Without a credential: whether the registry lets anonymous clients in.
 */
export async function checkCredential(target: DiagnosisTarget, options: CheckCredentialOptions = {}): Promise<Finding> {
  const { address, egress, ca, timeoutMs, trustedRealms, credential } = target;
  const http = new RegistryHttpClient({ policy: egress, ca, timeoutMs });
  const { scheme, host, port, origin } = address;
  // Nothing is cached in this call, so there is no cache key to keep apart.
  const registry = { connectorUid: '', credentialRevision: '', scheme, host, port, origin, trustedRealms, credential, http };
  const deadline = AbortSignal.timeout(timeoutMs);
  const signal = options.signal ? AbortSignal.any([options.signal, deadline]) : deadline;
  try {
    const repository = options.repository && upstreamRepository(address, options.repository);
    await verifyCredential(registry, { repository, signal, refusals: options.refusals });
    return PASSED;
  } catch (error) {
    return explain(error, { check: 'credential', origin });
  } finally {
    await http.close();
  }
}
