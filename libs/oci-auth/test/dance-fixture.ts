import { Sensitive } from '@oci-connector/sensitive';
import { ManualClock } from '@oci-connector/testing-kit';
import { type AuthorizeOptions } from '../src/auth-request';
import { OciAuthorizer } from '../src/oci-authorizer';
import { type RepositoryScope } from '../src/scope';
import { type UpstreamRegistry } from '../src/upstream-registry';
import { dance, type DanceOutcome } from './dance';
import { anUpstreamRegistry, BASIC } from './loopback-registry';
import { type ScriptedResponse } from './scripted-server';
import { TokenRegistry } from './token-registry';

export const REFUSES: ScriptedResponse = { status: 401 };
/** Scopes that only these tests request. */
export const DELETE: readonly RepositoryScope[] = [{ repository: 'app', actions: ['delete'] }];
export const CANCEL: readonly RepositoryScope[] = [{ repository: 'app', actions: ['pull', 'push', 'delete'] }];
export const ANY_DELETE = { limit: ['pull', 'push', 'delete', '*'] } as const;

/** Challenges; `REALM` stands for the token server of the fixture. */
export const CHALLENGE = (scope = ''): string => `Bearer realm="REALM",service="reg"${scope && `,scope="${scope}"`}`;
export const INSUFFICIENT = (scope: string): string => `${CHALLENGE(scope)},error="insufficient_scope"`;

/** The response of a token server to a right or wrong password, with a scope or without. */
export type TokenServer = (about: { good: boolean; scope: boolean }) => ScriptedResponse;

/** One registry with its token server, and an authorizer that has sent no request yet. */
export class DanceFixture {
  readonly clock = new ManualClock();
  authorizer = this.newAuthorizer();
  /** The registry's response to each Authorization. */
  send: (authorization: string) => ScriptedResponse = () => ({ status: 200 });

  private constructor(readonly upstream: TokenRegistry) {}

  static async start(): Promise<DanceFixture> {
    return new DanceFixture(await TokenRegistry.start());
  }

  close(): Promise<void> {
    return this.upstream.close();
  }

  newAuthorizer(): OciAuthorizer {
    return new OciAuthorizer({ clock: this.clock, random: () => 0.5 });
  }

  registry(overrides: Partial<UpstreamRegistry> = {}): UpstreamRegistry {
    return anUpstreamRegistry(this.upstream.registry, { trustedRealms: [this.upstream.tokenServer.origin], ...overrides });
  }

  /** Makes the token server accept only the right password. */
  serve(tokens: TokenServer): void {
    this.upstream.tokens = ({ headers, query }) => tokens({ good: headers.authorization === BASIC, scope: query.has('scope') });
  }

  /** Makes the registry accept some tokens, and refuse the others with a challenge. */
  takes(fits: (token: string) => boolean, status = 401, challenge = CHALLENGE()): (authorization: string) => ScriptedResponse {
    return (authorization) =>
      fits(authorization.replace('Bearer ', '')) ? { status: 200 } : { status, headers: { 'www-authenticate': this.placed(challenge) } };
  }

  placed(challenge: string): string {
    return challenge.replace('REALM', `${this.upstream.tokenServer.origin}/token`);
  }

  askFor(scopes: readonly RepositoryScope[], options?: AuthorizeOptions, overrides: Partial<UpstreamRegistry> = {}): Promise<DanceOutcome> {
    return dance(this.authorizer, {
      registry: this.registry(overrides),
      scopes,
      options,
      send: (authorization) => this.send(authorization),
    });
  }

  /** Requests a pull. */
  ask(repository = 'app', overrides: Partial<UpstreamRegistry> = {}): Promise<DanceOutcome> {
    return this.askFor([{ repository, actions: ['pull'] }], undefined, overrides);
  }

  /** The scopes requested from the token server since the last call. */
  asked(): (string | null)[] {
    return this.upstream.tokenServer.seen.splice(0).map(({ query }) => query.get('scope'));
  }
}

/** A credential with this password, as it is after a change of the Secret. */
export function withPassword(password: string, username = 'robot'): Partial<UpstreamRegistry> {
  return { credential: { username, password: new Sensitive(password) }, credentialRevision: `${username}/${password}` };
}
