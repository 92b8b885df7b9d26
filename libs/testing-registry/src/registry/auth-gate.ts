import { type Accounts, grantsOf, isGranted, type RepositoryAccess, schemeValue } from './accounts';
import { type Exchange } from './exchange';
import { type BasicAuth, type FixtureAction, type FixtureAuth, type TokenAuth } from './fixture-registry-options';
import { type RegistryQuirks } from './quirks';
import { RegistryError } from './registry-error';
import { type Tokens } from './tokens';

/** Settings of the authentication, and of the responses that refuse a request. */
export interface AuthGateOptions {
  readonly auth: FixtureAuth;
  readonly accounts: Accounts;
  readonly tokens: Tokens;
  readonly quirks: RegistryQuirks;
  /** Returns the realm of the challenge to this request. */
  readonly realm: (exchange: Exchange) => string;
}

/** Reports whether an admitted request has a further right. */
export type Admission = (repository: string, action: FixtureAction) => boolean;

/** Checks the credential of every request to the registry. */
export class AuthGate {
  constructor(private readonly options: AuthGateOptions) {}

  /**
   * Admits a request that has all rights in `needs`. Without `needs`, any valid credential is enough, as for `/v2/`.
   *
   * @throws RegistryError when the request is refused
   */
  admit(exchange: Exchange, needs: readonly RepositoryAccess[]): Admission {
    this.#checkCookie(exchange);
    const { auth } = this.options;
    switch (auth.mode) {
      case 'anonymous':
        return () => true;
      case 'basic':
        return readsFreely(exchange, auth) ? () => true : this.#admitBasic(exchange, needs, auth.realm ?? 'fixture');
      case 'token':
        return this.#admitToken(exchange, needs, auth);
    }
  }

  #admitBasic(exchange: Exchange, needs: readonly RepositoryAccess[], realm: string): Admission {
    const account = this.options.accounts.fromBasic(exchange.header('authorization') ?? '', this.options.quirks.caseSensitiveScheme);
    if (!account) {
      throw this.#unauthorized([`Basic realm="${realm}"`]);
    }
    const admission: Admission = (repository, action) => isGranted(grantsOf(account), repository, action);
    if (!allows(admission, needs)) {
      throw new RegistryError('DENIED', 'requested access to the resource is denied');
    }
    return admission;
  }

  #admitToken(exchange: Exchange, needs: readonly RepositoryAccess[], auth: TokenAuth): Admission {
    const { quirks, tokens } = this.options;
    const authorization = exchange.header('authorization');
    const token = schemeValue(authorization ?? '', 'Bearer', quirks.caseSensitiveScheme === true);
    const access = token === undefined ? undefined : tokens.verify(token);
    const admission: Admission = (repository, action) =>
      (access ?? []).some((entry) => entry.repository === repository && (entry.actions.includes(action) || entry.actions.includes('*')));
    if (access && allows(admission, needs)) {
      return admission;
    }
    const error = access ? 'insufficient_scope' : 'invalid_token';
    const challenge = this.#tokenChallenge(exchange, needs, { service: auth.service ?? DEFAULT_SERVICE, error });
    throw this.#unauthorized([challenge], {
      status: access ? quirks.insufficientScopeStatus : undefined,
      message: missingRight(quirks, needs),
    });
  }

  #tokenChallenge(
    exchange: Exchange,
    needs: readonly RepositoryAccess[],
    { service, error }: { readonly service: string; readonly error: string },
  ): string {
    const sent = exchange.header('authorization') !== undefined;
    const basic = this.options.quirks.basicChallengeWhenAuthorizationSent;
    if (sent && basic !== undefined) {
      return `Basic realm="${basic}"`;
    }
    const parameters = [
      `realm="${this.options.realm(exchange)}"`,
      `service="${service}"`,
      ...this.#challengeScope(needs),
      ...(sent ? [`error="${error}"`] : []),
    ];
    return `Bearer ${parameters.join(',')}`;
  }

  #challengeScope(needs: readonly RepositoryAccess[]): string[] {
    const scope = this.options.quirks.challengeScope ?? needs.map(scopeText).join(' ');
    return scope === '' ? [] : [`scope="${scope}"`];
  }

  #unauthorized(
    challenges: readonly string[],
    { status = 401, message }: { readonly status?: 401 | 403; readonly message?: string } = {},
  ): RegistryError {
    const { quirks } = this.options;
    const headers = quirks.omitChallenge ? undefined : { 'www-authenticate': [...challenges, ...(quirks.furtherChallenges ?? [])] };
    return status === 403
      ? new RegistryError('DENIED', 'insufficient scope', { headers })
      : new RegistryError('UNAUTHORIZED', message ?? 'authentication required', { headers });
  }

  /** Refuses a write with the session cookie: Harbor treats it as a request of a browser, and requires a CSRF token. */
  #checkCookie(exchange: Exchange): void {
    if (!this.options.quirks.sessionCookie || ['GET', 'HEAD'].includes(exchange.method)) {
      return;
    }
    if (/(^|; *)sid=/.test(exchange.header('cookie') ?? '')) {
      throw new RegistryError('DENIED', 'CSRF token not found in request');
    }
  }
}

/** Default `service` of challenges and tokens. */
export const DEFAULT_SERVICE = 'fixture-registry';

function readsFreely(exchange: Exchange, { anonymousReads }: BasicAuth): boolean {
  const reads = ['GET', 'HEAD'].includes(exchange.method);
  return reads && (anonymousReads === 'ignored' || (anonymousReads === 'checked' && exchange.header('authorization') === undefined));
}

/** Returns Harbor's message for a missing right. Harbor sends it also to a request without a credential. */
function missingRight({ missingRightText }: RegistryQuirks, [need]: readonly RepositoryAccess[]): string | undefined {
  if (missingRightText === undefined || need === undefined) {
    return undefined;
  }
  return missingRightText.replaceAll('{repository}', need.repository).replaceAll('{actions}', need.actions.at(-1) ?? '');
}

function allows(admission: Admission, needs: readonly RepositoryAccess[]): boolean {
  return needs.every(({ repository, actions }) => actions.every((action) => admission(repository, action)));
}

/** Formats a scope as in distribution's "Token Scope Documentation". */
function scopeText({ repository, actions }: RepositoryAccess): string {
  return `repository:${repository}:${actions.join(',')}`;
}
