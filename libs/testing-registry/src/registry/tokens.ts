import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { type RepositoryAccess } from './accounts';
import { type TokenFormat } from './fixture-registry-options';

/** Default of `lifetimeSeconds`, as in the examples of distribution. */
const LIFETIME_SECONDS = 300;

interface Claims {
  readonly sub: string;
  readonly exp: number;
  readonly access: readonly { readonly type: 'repository'; readonly name: string; readonly actions: readonly string[] }[];
}

/** Issues and checks the registry's bearer tokens. */
export class Tokens {
  readonly #key = randomBytes(32);
  readonly #opaque = new Map<string, Claims>();

  constructor(
    private readonly format: TokenFormat,
    private readonly service: string,
    private readonly clock: () => number,
  ) {}

  get lifetimeSeconds(): number {
    return this.format.lifetimeSeconds ?? LIFETIME_SECONDS;
  }

  issue(subject: string, access: readonly RepositoryAccess[]): string {
    const now = Math.floor(this.clock() / 1000);
    const claims: Claims & Record<string, unknown> = {
      iss: 'fixture-token-server',
      sub: subject,
      aud: this.service,
      iat: now,
      nbf: now,
      exp: now + this.lifetimeSeconds,
      jti: randomBytes(12).toString('base64url'),
      access: access.map(({ repository, actions }) => ({ type: 'repository', name: repository, actions })),
    };
    if (this.format.format !== 'opaque') {
      return this.#sign(claims);
    }
    const token = randomBytes(32).toString('base64url');
    this.#opaque.set(token, claims);
    return token;
  }

  /** Returns the rights of the token; undefined if the token is unknown, has expired or was revoked. */
  verify(token: string): readonly RepositoryAccess[] | undefined {
    const claims = this.#opaque.get(token) ?? this.#open(token);
    if (!claims || claims.exp * 1000 <= this.clock()) {
      return undefined;
    }
    return claims.access.map(({ name, actions }) => ({ repository: name, actions: actions as RepositoryAccess['actions'] }));
  }

  /** Invalidates every token that was issued so far. */
  revokeAll(): void {
    this.#opaque.clear();
    this.#key.set(randomBytes(this.#key.length));
  }

  /** Returns the response of the token endpoint (distribution's "Token Response Fields"). */
  answer(subject: string, access: readonly RepositoryAccess[]): Record<string, unknown> {
    const token = this.issue(subject, access);
    const fields = this.format.fields ?? 'both';
    return {
      ...(fields === 'access_token' ? {} : { token }),
      ...(fields === 'token' ? {} : { access_token: fields === 'empty-access-token' ? '' : token }),
      ...(this.format.omitExpiresIn ? {} : { expires_in: this.lifetimeSeconds }),
      ...(this.format.omitIssuedAt ? {} : { issued_at: new Date(this.clock()).toISOString() }),
    };
  }

  #sign(claims: Claims): string {
    const text = [{ alg: 'HS256', typ: 'JWT' }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
    return `${text}.${this.#mac(text)}`;
  }

  #open(token: string): Claims | undefined {
    const end = token.lastIndexOf('.');
    const expected = Buffer.from(this.#mac(token.slice(0, end)));
    const actual = Buffer.from(token.slice(end + 1));
    if (end < 0 || expected.length !== actual.length || !timingSafeEqual(expected, actual)) {
      return undefined;
    }
    return JSON.parse(Buffer.from(token.slice(token.indexOf('.') + 1, end), 'base64url').toString('utf8')) as Claims;
  }

  #mac(text: string): string {
    return createHmac('sha256', this.#key).update(text).digest('base64url');
  }
}
