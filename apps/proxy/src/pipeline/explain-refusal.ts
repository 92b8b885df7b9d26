import { OciAuthError } from '@oci-connector/oci-auth';
import { ProxyError } from '../proxy.errors';
import { type Credentialed } from './proxy-exchange';

/** The refusal with the registry's own words. */
export function withWords(refusal: OciAuthError, words: string | undefined): OciAuthError {
  const { code, message, status } = refusal;
  return words === undefined ? refusal : new OciAuthError(code, `${message} The registry says: ${words}`, { status, cause: refusal });
}

/**
 * A push begins with a look at what is there already. Registries that give no `pull` on a repository that does not exist yet refuse
 * that, and the push would end before it began: the client is told that nothing is there, if it may push. Asking the registry for more,
 * as its challenge may want, could create the repository.
 *
 * @returns what to answer instead of the error
 */
export async function explainRefusal(exchange: Credentialed, error: unknown): Promise<unknown> {
  // Without an account, nothing can be pushed either.
  if (!exchange.plan.precedesPush || !exchange.access.credential || !isAboutAccess(error)) {
    return error;
  }
  if (!(await exchange.allows('update', { strictly: true }))) {
    return error;
  }
  return new ProxyError(
    'PullRefused',
    `the registry gives no pull on "${exchange.plan.repository}": if nothing was pushed there yet, a push begins it; otherwise give the connector's account that right`,
    { cause: error },
  );
}

/** Refused to the account, not the account refused. */
function isAboutAccess(error: unknown): boolean {
  return error instanceof OciAuthError && (error.code === 'AccessRefused' || error.code === 'ScopeRefused');
}
