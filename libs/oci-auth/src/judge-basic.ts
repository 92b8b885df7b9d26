import { type Authorization, basic } from './authorization';
import { OciAuthError } from './oci-auth.errors';
import { type RefusedCredentials } from './refused-credentials';
import { getFromRegistry } from './registry-probe';
import { accessRefused, credentialRefused } from './token-source';
import { type RegistryCredential, type UpstreamRegistry } from './upstream-registry';

/**
 * Finds out what a 401 to Basic means, with a request to `/v2/`. When the registry refuses the credential there too, the credential is
 * wrong, and that is remembered. When it accepts the credential but no anonymous request, the credential is good and the action was
 * refused. Never rejects because of the registry: it returns the error.
 */
export async function judgeBasic(
  registry: UpstreamRegistry,
  credential: RegistryCredential,
  refusals: RefusedCredentials,
): Promise<OciAuthError> {
  const status = await statusOfEntry(registry, basic(registry, []));
  if (status === 401) {
    const refusal = credentialRefused(registry);
    refusals.refuse({ url: registry.origin }, credential, refusal);
    return refusal;
  }
  const isJudged = status === 200 && (await statusOfEntry(registry)) === 401;
  // Where anonymous requests succeed too, a 200 proves nothing. RFC 9110 §15.5.2: the 401 is about the credential.
  return isJudged ? accessRefused(registry) : credentialRefused(registry);
}

/** Returns the status of `GET /v2/`; undefined when there is no response, which proves nothing. */
async function statusOfEntry(registry: UpstreamRegistry, authorization?: Authorization): Promise<number | undefined> {
  try {
    return (await getFromRegistry(registry, '', { authorization: authorization?.header })).status;
  } catch (error) {
    if (error instanceof OciAuthError) {
      return undefined;
    }
    throw error;
  }
}
