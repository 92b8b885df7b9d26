import { type RepositoryScope } from '../src/scope';
import { ScriptedServer, type ScriptedResponse, type SeenRequest } from './scripted-server';
import { BASIC } from './loopback-registry';

/** Scopes that tests request. */
export const PULL: readonly RepositoryScope[] = [{ repository: 'app', actions: ['pull'] }];
export const PUSH: readonly RepositoryScope[] = [{ repository: 'app', actions: ['pull', 'push'] }];
export const MOUNT: readonly RepositoryScope[] = [...PUSH, { repository: 'base', actions: ['pull'] }];

/** A registry and its token server on another origin. It numbers its tokens T1, T2, … and accepts only those. */
export class TokenRegistry {
  readonly issued: string[] = [];
  /** The token server's response; may be replaced. */
  tokens: (request: SeenRequest) => ScriptedResponse = ({ headers }) =>
    headers.authorization === undefined || headers.authorization === BASIC ? this.issue() : { status: 401 };
  /** The registry's response to `GET /v2/` without Authorization; may be replaced. */
  bare: () => ScriptedResponse = () => ({ status: 401, headers: { 'www-authenticate': this.challenge() } });

  private constructor(
    readonly registry: ScriptedServer,
    readonly tokenServer: ScriptedServer,
  ) {
    registry.play(({ headers }) => (headers.authorization ? this.judge(headers.authorization) : this.bare()));
    tokenServer.play((request) => this.tokens(request));
  }

  static async start(): Promise<TokenRegistry> {
    return new TokenRegistry(await ScriptedServer.start(), await ScriptedServer.start());
  }

  challenge(extra = ''): string {
    return `Bearer realm="${this.tokenServer.origin}/token",service="reg"${extra}`;
  }

  issue(lifetimeSeconds = 300): ScriptedResponse {
    this.issued.push(`T${this.issued.length + 1}`);
    return { body: { token: this.issued.at(-1), expires_in: lifetimeSeconds } };
  }

  /** The registry's response to an Authorization; may be replaced. */
  judge: (authorization: string) => ScriptedResponse = (authorization) =>
    this.issued.includes(authorization.replace('Bearer ', ''))
      ? { body: {} }
      : { status: 401, headers: { 'www-authenticate': this.challenge() } };

  async close(): Promise<void> {
    await this.registry.close();
    await this.tokenServer.close();
  }
}
