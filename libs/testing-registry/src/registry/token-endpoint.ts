import { Readable } from 'node:stream';
import { type Accounts, grantsOf, isGranted, type RepositoryAccess } from './accounts';
import { type ContentStore } from './content-store';
import { type Exchange } from './exchange';
import { type FixtureAccount, type FixtureAction, type TokenAuth } from './fixture-registry-options';
import { type RegistryQuirks, type TokenAnswer } from './quirks';
import { RegistryError } from './registry-error';
import { jsonReply, type Reply } from './reply';
import { type Tokens } from './tokens';

export interface TokenEndpointOptions {
  readonly auth: TokenAuth;
  readonly accounts: Accounts;
  readonly tokens: Tokens;
  readonly quirks: RegistryQuirks;
  readonly content: ContentStore;
}

/** Largest form that a POST may send, in bytes. */
const MAX_FORM_BYTES = 64 * 1024;

/** The token server (distribution's "Token Authentication Specification", and its OAuth2 variant for POST). */
export class TokenEndpoint {
  constructor(private readonly options: TokenEndpointOptions) {}

  async handle(exchange: Exchange): Promise<Reply> {
    const { tokenAnswer } = this.options.quirks;
    if (tokenAnswer) {
      return quirkAnswer(tokenAnswer);
    }
    if (exchange.method === 'GET') {
      return this.#answerGet(exchange);
    }
    if (exchange.method === 'POST' && this.options.auth.allowPost) {
      return this.#answerPost(exchange);
    }
    throw new RegistryError('UNSUPPORTED', 'only GET is allowed here', { headers: { allow: 'GET' } });
  }

  #answerGet(exchange: Exchange): Reply {
    const authorization = exchange.header('authorization');
    const scopes = this.#scopes(exchange.parameters);
    if (authorization === undefined) {
      return this.#answerAnonymous(scopes);
    }
    const account = this.options.accounts.fromBasic(authorization, this.options.quirks.caseSensitiveScheme);
    return account ? this.#grant(account.username, grantsOf(account), scopes) : this.#refuse(scopes);
  }

  #answerAnonymous(scopes: readonly RepositoryAccess[]): Reply {
    if (scopes.length === 0 && this.options.quirks.anonymousNeedsScope) {
      throw new RegistryError('UNAUTHORIZED', 'access to the requested resource is not authorized');
    }
    return this.#grant('', this.options.auth.anonymousGrants ?? {}, scopes);
  }

  async #answerPost(exchange: Exchange): Promise<Reply> {
    const form = new URLSearchParams((await exchange.readBody(MAX_FORM_BYTES)).toString('utf8'));
    const account = this.#accountOf(form);
    if (!account) {
      return jsonReply(401, { error: 'invalid_grant' });
    }
    return this.#grant(account.username, grantsOf(account), this.#scopes(form));
  }

  #accountOf(form: URLSearchParams): FixtureAccount | undefined {
    const { accounts } = this.options;
    if (form.get('grant_type') === 'refresh_token') {
      return accounts.fromIdentityToken(form.get('refresh_token') ?? '');
    }
    return accounts.fromPassword(form.get('username') ?? '', form.get('password') ?? '');
  }

  #grant(subject: string, grants: Parameters<typeof isGranted>[0], scopes: readonly RepositoryAccess[]): Reply {
    const access = scopes.flatMap(({ repository, actions }) => {
      if (!this.#exists(repository, actions, grants)) {
        return [];
      }
      const granted = actions.filter((action) => isGranted(grants, repository, action));
      return granted.length === 0 ? [] : [{ repository, actions: granted }];
    });
    return jsonReply(200, this.options.tokens.answer(subject, access));
  }

  /** Reports whether rights can be granted on the repository. With the quirk, an allowed push creates a missing repository. */
  #exists(repository: string, actions: readonly FixtureAction[], grants: Parameters<typeof isGranted>[0]): boolean {
    const { content, quirks } = this.options;
    if (!quirks.pushTokenCreates || content.find(repository)) {
      return true;
    }
    if (!actions.includes('push') || !isGranted(grants, repository, 'push')) {
      return false;
    }
    content.change(repository, () => undefined);
    return true;
  }

  #refuse(scopes: readonly RepositoryAccess[]): Reply {
    const message = 'incorrect username or password';
    if (!this.options.quirks.wrongPasswordGetsEmptyToken) {
      throw new RegistryError('UNAUTHORIZED', message, { headers: { 'www-authenticate': 'Basic realm="fixture token server"' } });
    }
    if (scopes.length === 0) {
      throw new RegistryError('UNAUTHORIZED', message);
    }
    return this.#grant('', {}, scopes);
  }

  /** Returns the requested scopes. `scope` may be repeated, and may contain several scopes, separated by spaces. */
  #scopes(parameters: URLSearchParams): RepositoryAccess[] {
    const all = parameters
      .getAll('scope')
      .flatMap((text) => text.split(' '))
      .filter((text) => text !== '');
    this.#checkActions(all);
    return all.flatMap(parseScope);
  }

  #checkActions(scopes: readonly string[]): void {
    const { knownActions } = this.options.quirks;
    const unknown = scopes.find((scope) =>
      parseScope(scope).some(({ actions }) => actions.some((action) => knownActions?.includes(action) === false)),
    );
    if (unknown !== undefined) {
      throw new RegistryError('UNSUPPORTED', `Unable to decode repository and actions: ${unknown}`, { status: 400 });
    }
  }
}

function parseScope(text: string): RepositoryAccess[] {
  const match = /^repository(?:\([a-z0-9]+\))?:(.+):([a-z*,]*)$/.exec(text);
  if (!match) {
    return [];
  }
  return [{ repository: match[1] ?? '', actions: (match[2] ?? '').split(',') as FixtureAction[] }];
}

function quirkAnswer(answer: TokenAnswer): Reply {
  switch (answer.kind) {
    case 'garbage':
      return { status: 200, headers: { 'content-type': 'application/json' }, body: Buffer.from('<html>not a token</html>') };
    case 'huge':
      return { status: 200, headers: { 'content-type': 'application/json' }, body: Readable.from(hugeAnswer(answer.bytes)) };
    case 'redirect':
      return { status: 307, headers: { location: answer.location } };
    case 'status':
      return { status: answer.status, headers: answer.headers, body: Buffer.from(answer.body ?? '') };
  }
}

/** Yields a response with a very long token, without a Content-Length that announces the size. */
function* hugeAnswer(bytes: number): Generator<Buffer> {
  yield Buffer.from('{"token":"');
  for (let left = bytes; left > 0; left -= 65_536) {
    yield Buffer.alloc(Math.min(left, 65_536), 'a');
  }
  yield Buffer.from('"}');
}
