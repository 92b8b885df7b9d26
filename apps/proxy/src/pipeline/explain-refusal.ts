import { OciAuthError } from '@oci-connector/oci-auth';
import { ProxyError } from '../proxy.errors';
import { type Credentialed } from './proxy-exchange';

/** Returns the refusal with the registry's own message appended. */
export function withWords(refusal: OciAuthError, words: string | undefined): OciAuthError {
  const { code, message, status } = refusal;
  return words === undefined ? refusal : new OciAuthError(code, `${message} The registry says: ${words}`, { status, cause: refusal });
}

/**
 * Turns the refusal of a HEAD into a 404 if the client may push. A push begins with HEAD requests, to find out which content exists. Some
 * registries refuse them because they grant no `pull` on a repository that does not exist yet, and the push would fail. The proxy does not
 * request a wider token, as the challenge may require, because that could create the repository.
 *
 * @returns the error to answer with
 */
export async function explainRefusal(exchange: Credentialed, error: unknown): Promise<unknown> {
  // Without a credential, a push would fail too.
  if (!exchange.plan.precedesPush || !exchange.access.credential || !isAboutAccess(error)) {
    return error;
  }
  if (!(await exchange.allows('update', { strictly: true }))) {
    return error;
  }
  return new ProxyError(
    'PullRefused',
    `the registry refuses pull on "${exchange.plan.repository}"; ignore this for the first push to a new repository, otherwise grant pull to the connector's account`,
    { cause: error },
  );
}

/** Whether the registry refused the action, and not the credential. */
function isAboutAccess(error: unknown): boolean {
  return error instanceof OciAuthError && (error.code === 'AccessRefused' || error.code === 'ScopeRefused');
}
