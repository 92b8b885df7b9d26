import { type AuthorizeOptions } from '../src/auth-request';
import { type OciAuthorizer } from '../src/oci-authorizer';
import { OciAuthError } from '../src/oci-auth.errors';
import { refusesAuthorization } from '../src/refusal';
import { type RepositoryScope } from '../src/scope';
import { type UpstreamRegistry } from '../src/upstream-registry';
import { type ScriptedResponse } from './scripted-server';

/** The result of a request: the status, or the code of the error. */
export type DanceOutcome = number | string;

/** Takes a request through the dance as a client of the library does: authorise, send, and repeat once or get the reason of the refusal. */
export async function dance(
  authorizer: OciAuthorizer,
  {
    registry,
    scopes,
    options,
    send,
  }: {
    registry: UpstreamRegistry;
    scopes: readonly RepositoryScope[];
    options?: AuthorizeOptions;
    send: (authorization: string) => ScriptedResponse | Promise<ScriptedResponse>;
  },
): Promise<DanceOutcome> {
  const cost = { ...options, attempt: authorizer.begin() };
  try {
    let authorization = await authorizer.authorize(registry, scopes, cost);
    for (let tries = 0; ; tries++) {
      const { status = 200, headers } = await send(authorization.header?.reveal() ?? '');
      const challenge = headers?.['www-authenticate'];
      if (!refusesAuthorization(status, challenge, authorization)) {
        return status;
      }
      if (tries > 0) {
        throw await authorizer.refused(registry, scopes, authorization, cost);
      }
      authorization = await authorizer.rejected(registry, scopes, authorization, { ...cost, challenge });
    }
  } catch (error) {
    if (error instanceof OciAuthError) {
      return error.code;
    }
    throw error;
  }
}
