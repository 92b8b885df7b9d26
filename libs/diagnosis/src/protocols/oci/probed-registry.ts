import { RegistryHttpClient } from '@oci-connector/egress';
import { type UpstreamRegistry } from '@oci-connector/oci-auth';
import { type DiagnosisTarget } from '../../diagnosis-target';

/** Calls `use` with the registry of the target, for which nothing is cached, and closes its connections afterwards. */
export async function withProbedRegistry<T>(target: DiagnosisTarget, use: (registry: UpstreamRegistry) => Promise<T>): Promise<T> {
  const { address, egress, ca, timeoutMs, trustedRealms, credential } = target;
  const http = new RegistryHttpClient({ policy: egress, ca, timeoutMs });
  const { scheme, host, port, origin } = address;
  try {
    // The parts of a cache key can be empty.
    return await use({ connectorUid: '', credentialRevision: '', scheme, host, port, origin, trustedRealms, credential, http });
  } finally {
    await http.close();
  }
}

/** Returns the signal that ends all requests of a probe together. */
export function deadlineOf({ timeoutMs }: DiagnosisTarget, signal: AbortSignal | undefined): AbortSignal {
  const deadline = AbortSignal.timeout(timeoutMs);
  return signal ? AbortSignal.any([signal, deadline]) : deadline;
}
