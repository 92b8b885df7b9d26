import { unauthorized } from './api-error';
import { type StaticUser } from './kube-api-options';
import { type ServiceAccountTokens, InvalidTokenError, type VerifiedToken } from './service-account-tokens';
import { ANONYMOUS, SYSTEM_AUTHENTICATED, type UserInfo } from './user-info';

interface AuthenticationOptions {
  readonly users: readonly StaticUser[];
  /** Audiences of the API itself. */
  readonly apiAudiences: readonly string[];
  readonly tokens: ServiceAccountTokens;
}

/** Finds the user of a bearer token. */
export class Authentication {
  readonly #users: ReadonlyMap<string, UserInfo>;

  constructor(private readonly options: AuthenticationOptions) {
    this.#users = new Map(
      options.users.map(({ token, username, groups = [] }) => [token, { username, groups: [...groups, SYSTEM_AUTHENTICATED] }]),
    );
  }

  /**
   * Returns the user of a request: `system:anonymous` without an Authorization header.
   *
   * @throws ApiError 401 when the token is not accepted
   */
  authenticate(authorization: string | undefined): UserInfo {
    const match = /^bearer +(\S+)\s*$/i.exec(authorization ?? '');
    if (!match) {
      return ANONYMOUS;
    }
    try {
      return this.review(match[1] ?? '', []).user;
    } catch (error) {
      if (error instanceof InvalidTokenError) {
        throw unauthorized();
      }
      throw error;
    }
  }

  /**
   * Checks a token for some audiences; without any, for the audiences of the API.
   *
   * @throws InvalidTokenError when the token is not accepted
   */
  review(token: string, audiences: readonly string[]): VerifiedToken {
    const accepted = audiences.length > 0 ? audiences : this.options.apiAudiences;
    const user = this.#users.get(token);
    if (!user) {
      return this.options.tokens.verify(token, accepted);
    }
    // A static token contains no audience; it is valid for the API.
    const common = accepted.filter((audience) => this.options.apiAudiences.includes(audience));
    if (common.length === 0) {
      throw new InvalidTokenError('invalid bearer token');
    }
    return { user, audiences: common };
  }
}
