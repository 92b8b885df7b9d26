import { type Authorization, basic } from './authorization';
import { OciAuthError } from './oci-auth.errors';
import { type RefusedCredentials } from './refused-credentials';
import { getFromRegistry } from './registry-probe';
import { accessRefused, credentialRefused } from './token-source';
import { type RegistryCredential, type UpstreamRegistry } from './upstream-registry';

/**
 * What a 401 to Basic means. The registry is asked for nothing in particular: it refuses the credential there, too, and that is
 * remembered; or it lets us in and nobody else, and then the credential is good and the action is refused. Throws nothing.
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
  // Where everybody may come in, a 200 judges nobody; by RFC 9110 §15.5.2 a 401 is about the credential.
  return isJudged ? accessRefused(registry) : credentialRefused(registry);
}

/** Of `GET /v2/`; undefined when there is no answer, which judges nobody. */
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
