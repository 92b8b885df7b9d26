import { Sensitive } from '@oci-connector/sensitive';
import { ManualClock } from '@oci-connector/testing-kit';
import { dance, type Outcome } from '../test/dance';
import { anUpstreamRegistry, BASIC } from '../test/loopback-registry';
import { type ScriptedResponse } from '../test/scripted-server';
import { PULL, TokenRegistry } from '../test/token-registry';
import { type AuthorizeOptions } from './auth-request';
import { OciAuthorizer } from './oci-authorizer';
import { type RepositoryScope } from './scope';
import { type UpstreamRegistry } from './upstream-registry';

const CHALLENGE = (scope = ''): string => `Bearer realm="REALM",service="reg"${scope && `,scope="${scope}"`}`;
const INSUFFICIENT = (scope: string): string => `${CHALLENGE(scope)},error="insufficient_scope"`;
const DELETE: readonly RepositoryScope[] = [{ repository: 'app', actions: ['delete'] }];
const CANCEL: readonly RepositoryScope[] = [{ repository: 'app', actions: ['pull', 'push', 'delete'] }];
const PUSH: readonly RepositoryScope[] = [{ repository: 'app', actions: ['pull', 'push'] }];
const ANY_DELETE = { limit: ['pull', 'push', 'delete', '*'] } as const;

describe('the dance', () => {
  const clock = new ManualClock();
  let upstream: TokenRegistry;
  let authorizer: OciAuthorizer;
  /** What the registry says to each Authorization. */
  let send: (authorization: string) => ScriptedResponse;

  beforeEach(async () => {
    upstream = await TokenRegistry.start();
    authorizer = new OciAuthorizer({ clock, random: () => 0.5 });
    send = takes(() => true);
  });
  afterEach(() => upstream.close());

  const registry = (overrides: Partial<UpstreamRegistry> = {}): UpstreamRegistry =>
    anUpstreamRegistry(upstream.registry, { trustedRealms: [upstream.tokenServer.origin], ...overrides });
  const withPassword = (password: string, username = 'robot'): Partial<UpstreamRegistry> => ({
    credential: { username, password: new Sensitive(password) },
    credentialRevision: `${username}/${password}`,
  });

  /** A registry that takes some tokens, and refuses the others with a challenge. */
  function takes(fits: (token: string) => boolean, status = 401, challenge = CHALLENGE()): (authorization: string) => ScriptedResponse {
    return (authorization) =>
      fits(authorization.replace('Bearer ', ''))
        ? { status: 200 }
        : { status, headers: { 'www-authenticate': challenge.replace('REALM', `${upstream.tokenServer.origin}/token`) } };
  }

  const ask = (repository = 'app', overrides: Partial<UpstreamRegistry> = {}): Promise<Outcome> =>
    dance(authorizer, {
      registry: registry(overrides),
      scopes: [{ repository, actions: ['pull'] }],
      send: (authorization) => send(authorization),
    });
  const askFor = (scopes: readonly RepositoryScope[], options?: AuthorizeOptions): Promise<Outcome> =>
    dance(authorizer, { registry: registry(), scopes, options, send: (authorization) => send(authorization) });

  /** The scopes that the token server was asked for since the last look. */
  const asked = (): (string | null)[] => upstream.tokenServer.seen.splice(0).map(({ query }) => query.get('scope'));

  /** Token servers, by what they say to a wrong or right password with a scope and without. */
  const REFUSES = { status: 401 };
  type TokenServer = (about: { good: boolean; scope: boolean }) => ScriptedResponse;
  const serve = (tokens: TokenServer): void => {
    upstream.tokens = ({ headers, query }) => tokens({ good: headers.authorization === BASIC, scope: query.has('scope') });
  };

  describe('tells a refused credential from a refused action', () => {
    const issue = (): ScriptedResponse => upstream.issue();
    // Registry; password; what the token server says; what the registry says; outcome and what was asked; the same for another repository after it.
    it.each<[string, string, TokenServer, boolean, [Outcome, ...(string | null)[]], [Outcome, ...(string | null)[]]]>([
      ['distribution', 'hunter2', ({ good }) => (good ? issue() : REFUSES), true, [200, 'repository:app:pull'], [200, 'repository:b:pull']],
      [
        'distribution',
        'wrong',
        ({ good }) => (good ? issue() : REFUSES),
        true,
        ['CredentialRefused', 'repository:app:pull', null],
        ['CredentialRefused'],
      ],
      [
        'a missing right (Quay, Harbor)',
        'hunter2',
        issue,
        false,
        ['AccessRefused', 'repository:app:pull', null],
        ['AccessRefused', 'repository:b:pull'],
      ],
      [
        'Harbor: a token without rights',
        'wrong',
        ({ good, scope }) => (good || scope ? issue() : REFUSES),
        false,
        ['CredentialRefused', 'repository:app:pull', null],
        ['CredentialRefused'],
      ],
      [
        '401 to a scope alone',
        'hunter2',
        ({ scope }) => (scope ? REFUSES : issue()),
        false,
        ['AccessRefused', 'repository:app:pull', null],
        ['AccessRefused', 'repository:b:pull'],
      ],
      [
        '403 to a scope alone',
        'hunter2',
        ({ scope }) => (scope ? { status: 403 } : issue()),
        false,
        ['AccessRefused', 'repository:app:pull', null],
        ['AccessRefused', 'repository:b:pull'],
      ],
      [
        '403 to everything',
        'wrong',
        () => ({ status: 403 }),
        false,
        ['CredentialRefused', 'repository:app:pull', null],
        ['CredentialRefused'],
      ],
      [
        '401, and nothing without a scope',
        'wrong',
        ({ scope }) => (scope ? REFUSES : { status: 400 }),
        false,
        ['CredentialRefused', 'repository:app:pull', null],
        ['CredentialRefused', 'repository:b:pull', null],
      ],
      [
        '401, and no answer without a scope',
        'wrong',
        ({ scope }) => (scope ? REFUSES : { status: 503 }),
        false,
        ['CredentialRefused', 'repository:app:pull', null],
        ['CredentialRefused', 'repository:b:pull', null],
      ],
    ])('%s, password %s', async (_name, password, tokens, takesToken, first, second) => {
      serve(tokens);
      send = takes(() => takesToken);
      expect([await ask('app', withPassword(password)), ...asked()]).toEqual(first);
      expect([await ask('b', withPassword(password)), ...asked()]).toEqual(second);
    });

    it('without a credential: everybody lacks the right, and nobody is asked twice', async () => {
      serve(() => REFUSES);
      expect([await ask('app', { credential: undefined }), ...asked()]).toEqual(['AccessRefused', 'repository:app:pull']);
      serve(() => upstream.issue());
      send = takes(() => false);
      expect([await ask('b', { credential: undefined }), ...asked()]).toEqual(['AccessRefused', 'repository:b:pull']);
    });
  });

  describe('a refused credential', () => {
    beforeEach(() => serve(({ good }) => (good ? upstream.issue() : REFUSES)));
    const MINUTE = 60_000;

    it('is not sent again for 30 minutes, whichever repository, action or Connector it is for', async () => {
      expect(await ask('app', withPassword('wrong'))).toBe('CredentialRefused');
      asked();
      clock.advance(30 * MINUTE - 1);
      for (const connectorUid of ['uid-1', 'uid-2', 'uid-3']) {
        expect(await ask(`of-${connectorUid}`, { ...withPassword('wrong'), connectorUid })).toBe('CredentialRefused');
      }
      expect(asked()).toEqual([]);
      clock.advance(1);
      await ask('app', withPassword('wrong'));
      expect(asked()).toEqual(['repository:app:pull', null]);
    });

    it('is another one with another content, at once, and the same one under another revision', async () => {
      expect(await ask('app', withPassword('wrong'))).toBe('CredentialRefused');
      expect(await ask('app', withPassword('hunter2'))).toBe(200);
      asked();
      expect(await ask('app', { ...withPassword('wrong'), credentialRevision: 'written again' })).toBe('CredentialRefused');
      expect(asked()).toEqual([]);
    });

    it('is one by its content, never by its user name: the right password of that user works', async () => {
      expect(await ask('app', withPassword('wrong'))).toBe('CredentialRefused');
      expect(await ask('app', { ...withPassword('hunter2'), connectorUid: 'uid-2' })).toBe(200);
      expect(await ask('app', withPassword('wrong'))).toBe('CredentialRefused');
    });

    it('is believed for 10 s alone where another password of the user was refused just before: Harbor locks the user', async () => {
      let locked = false;
      serve(({ good, scope }) => (scope ? upstream.issue() : good && !locked ? upstream.issue() : REFUSES));
      send = takes(() => false);
      expect(await ask('app', withPassword('wrong'))).toBe('CredentialRefused');
      locked = true;
      expect(await ask('app', { ...withPassword('hunter2'), connectorUid: 'uid-2' })).toBe('CredentialRefused');
      locked = false;
      clock.advance(10_000);
      expect(await ask('c', { ...withPassword('hunter2'), connectorUid: 'uid-2' })).toBe('AccessRefused');
      expect(await ask('c', withPassword('wrong'))).toBe('CredentialRefused');
    });

    it('goes out once, however many ask at the same time for whatever', async () => {
      const all = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          ask(`repository-${index}`, { ...withPassword('wrong'), connectorUid: `uid-${index % 4}` }),
        ),
      );
      expect(new Set(all)).toEqual(new Set(['CredentialRefused']));
      expect(asked()).toHaveLength(2);
    });

    it('is refused by one token server: another one may take it', async () => {
      expect(await ask('app', withPassword('wrong'))).toBe('CredentialRefused');
      upstream.bare = () => ({
        status: 401,
        headers: { 'www-authenticate': `Bearer realm="${upstream.tokenServer.origin}/other",service="reg"` },
      });
      asked();
      await ask('app', { ...withPassword('wrong'), connectorUid: 'uid-2' });
      expect(asked()).toEqual(['repository:app:pull', null]);
    });
  });

  describe('a refused Basic credential', () => {
    const basicRegistry = (entry: (authorization: string | undefined) => number): void => {
      const offer = { 'www-authenticate': 'Basic realm="r"' };
      upstream.bare = () => ({ status: entry(undefined), headers: offer });
      upstream.judge = (authorization) => ({ status: entry(authorization), headers: offer });
      send = () => ({ status: 401, headers: offer });
    };

    it.each<[string, (authorization: string | undefined) => number, Outcome, number]>([
      ['/v2/ refuses it, too: the credential, remembered', () => 401, 'CredentialRefused', 0],
      ['/v2/ takes it, and nobody else: the action', (authorization) => (authorization === BASIC ? 200 : 401), 'AccessRefused', 2],
    ])('%s', async (_name, entry, outcome, more) => {
      basicRegistry(entry);
      expect(await ask()).toBe(outcome);
      const withCredential = (): number =>
        upstream.registry.seen.splice(0).filter(({ headers }) => headers.authorization !== undefined).length;
      withCredential();
      expect(await ask()).toBe(outcome);
      expect(withCredential()).toBe(0);
      clock.advance(10_000);
      expect(await ask('b', { connectorUid: 'uid-2' })).toBe(outcome);
      expect(withCredential()).toBe(more === 0 ? 0 : 1);
    });

    it('/v2/ lets everybody in: a 401 is about the credential, but of this repository alone', async () => {
      basicRegistry((authorization) => (authorization === undefined ? 200 : 200));
      const none = await authorizer.authorize(registry(), PUSH);
      const basic = await authorizer.rejected(registry(), PUSH, none, { challenge: 'Basic realm="r"' });
      await expect(authorizer.rejected(registry(), PUSH, basic, { challenge: 'Basic realm="r"' })).rejects.toMatchObject({
        code: 'CredentialRefused',
      });
      expect(await authorizer.authorize(registry(), [{ repository: 'b', actions: ['pull', 'push'] }])).toMatchObject({ scheme: 'basic' });
    });
  });

  describe('the challenge to the very request decides the actions', () => {
    it.each<[string, readonly RepositoryScope[], AuthorizeOptions | undefined, number, string, Outcome, string[]]>([
      [
        '403 insufficient_scope wants more of what the verb covers (IBM)',
        DELETE,
        ANY_DELETE,
        403,
        INSUFFICIENT('repository:app:*'),
        200,
        ['repository:app:*'],
      ],
      ['401 wants other actions (Quay)', DELETE, ANY_DELETE, 401, CHALLENGE('repository:app:pull,push'), 200, ['repository:app:pull,push']],
      ['never push for a read', PULL, { limit: ['pull'] }, 401, CHALLENGE('repository:app:pull,push'), 'AccessRefused', []],
      ['never push for a read, after 403', PULL, { limit: ['pull'] }, 403, INSUFFICIENT('repository:app:pull,push'), 'AccessRefused', []],
      ['never * for a push', PUSH, { limit: ['pull', 'push'] }, 403, INSUFFICIENT('repository:app:*'), 'AccessRefused', []],
      ['never a repository that nobody asked for', DELETE, ANY_DELETE, 401, CHALLENGE('repository:other/secret:*'), 'AccessRefused', []],
      ['never the whole registry', DELETE, ANY_DELETE, 401, CHALLENGE('registry:catalog:*'), 'AccessRefused', []],
    ])('%s', async (_name, scopes, options, status, challenge, outcome, wider) => {
      send = takes((token) => token === 'T2' && wider.length > 0, status, challenge);
      const own = `repository:app:${scopes[0]?.actions.join(',')}`;
      expect(await askFor(scopes, options)).toBe(outcome);
      expect(asked()).toEqual(wider.length > 0 ? [own, ...wider] : [own, null]);
    });

    it('once: what is refused with them is refused', async () => {
      send = takes(() => false, 403, INSUFFICIENT('repository:app:*'));
      expect(await askFor(DELETE, ANY_DELETE)).toBe('AccessRefused');
      expect(asked()).toEqual(['repository:app:delete', 'repository:app:*']);
    });

    it('and is remembered, for every repository of the connector', async () => {
      send = takes((token) => token !== 'T1', 403, INSUFFICIENT('repository:app:*'));
      await askFor(DELETE, ANY_DELETE);
      asked();
      expect(await askFor([{ repository: 'b', actions: ['delete'] }], ANY_DELETE)).toBe(200);
      expect(asked()).toEqual(['repository:b:*']);
    });

    it('a 403 that asks for nothing is the answer', async () => {
      send = () => ({ status: 403 });
      expect(await askFor(PULL)).toBe(403);
      expect(asked()).toEqual(['repository:app:pull']);
    });
  });

  describe('a scope that the token server does not take is narrowed in this order', () => {
    const takesActions = (...known: string[]): void => {
      upstream.tokens = ({ query }) => (known.includes(query.get('scope')?.split(':')[2] ?? '') ? upstream.issue() : { status: 400 });
    };
    const challengeFor = (scope: string): string => CHALLENGE(scope).replace('REALM', `${upstream.tokenServer.origin}/token`);

    it.each<[string, readonly RepositoryScope[], string, string]>([
      ['the actions of the challenge (Quay)', DELETE, 'repository:app:pull,push', 'repository:app:pull,push'],
      ['of a deletion *', DELETE, '', 'repository:app:*'],
      ['not what a challenge says of another repository', DELETE, 'repository:b:pull,push', 'repository:app:*'],
      ['of a cancelled upload what the upload asks for', CANCEL, '', 'repository:app:pull,push'],
    ])('%s', async (_name, scopes, hint, expected) => {
      takesActions('pull,push', '*');
      const options = { ...ANY_DELETE, attempt: authorizer.begin() };
      await expect(authorizer.authorize(registry(), scopes, options)).rejects.toMatchObject({ code: 'ScopeRefused' });
      asked();
      const narrowed = await authorizer.narrowed(registry(), scopes, { ...options, challenge: challengeFor(hint) });
      expect(narrowed.scheme).toBe('bearer');
      expect(asked()).toEqual([expected]);
      // Known from then on.
      await authorizer.authorize(registry({ connectorUid: 'uid-1' }), [{ ...scopes[0]!, repository: 'c' }], ANY_DELETE);
      expect(asked()).toEqual([expected.replace(':app:', ':c:')]);
    });

    it('and a scope of reading or pushing is not narrowed', async () => {
      takesActions();
      for (const scopes of [PULL, PUSH]) {
        await expect(authorizer.authorize(registry(), scopes)).rejects.toMatchObject({ code: 'ScopeRefused' });
        await expect(authorizer.narrowed(registry(), scopes, { challenge: challengeFor('repository:app:*') })).rejects.toMatchObject({
          code: 'AccessRefused',
        });
      }
    });
  });

  describe('a token that lives a second', () => {
    beforeEach(() => {
      upstream.tokens = () => upstream.issue(1);
    });

    it('is an expired token, not a refused credential: another one is fetched', async () => {
      send = takes((token) => token !== 'T1');
      expect(await ask()).toBe(200);
      expect(upstream.issued).toEqual(['T1', 'T2']);
    });

    it('is fetched for each request, and says what is wrong when it is always too late', async () => {
      expect(await ask()).toBe(200);
      expect(await ask()).toBe(200);
      expect(upstream.issued).toEqual(['T1', 'T2']);
      send = takes(() => false);
      expect(await ask()).toBe('TokenExpired');
      expect(asked()).toHaveLength(4);
    });
  });

  it('a success in a repository ends what was refused there, and nowhere else', async () => {
    send = takes(() => false);
    for (const repository of ['app', 'b']) {
      expect(await ask(repository)).toBe('AccessRefused');
    }
    authorizer.succeeded(registry(), 'app');
    asked();
    send = takes((token) => token === upstream.issued.at(-1));
    expect([await ask('app'), ...asked()]).toEqual([200, 'repository:app:pull']);
    serve(({ scope }) => (scope ? REFUSES : upstream.issue()));
    expect([await ask('c'), ...asked()]).toEqual(['AccessRefused', 'repository:c:pull']);
    expect([await ask('c'), ...asked()]).toEqual(['AccessRefused']);
    serve(() => upstream.issue());
    authorizer.succeeded(registry(), 'c');
    expect([await ask('c'), ...asked()]).toEqual([200, 'repository:c:pull']);
  });

  it('one request asks token servers twice at most, whatever they say', async () => {
    const answers: TokenServer[] = [
      () => REFUSES,
      () => ({ status: 403 }),
      () => ({ status: 400 }),
      () => upstream.issue(),
      () => upstream.issue(1),
      () => ({ status: 500 }),
    ];
    const registries = [takes(() => false), takes(() => false, 403, INSUFFICIENT('repository:app:pull,push,delete,*')), takes(() => true)];
    const scopesOf = [PULL, PUSH, DELETE, [...PUSH, { repository: 'base', actions: ['pull'] as const }]];
    const cases = answers.flatMap((tokens) => registries.flatMap((answer) => scopesOf.map((scopes) => ({ tokens, answer, scopes }))));
    for (const { tokens, answer, scopes } of cases) {
      serve(tokens);
      send = answer;
      authorizer = new OciAuthorizer({ clock, random: () => 0.5 });
      for (let request = 0; request < 3; request++) {
        await askFor(scopes, ANY_DELETE);
        expect(asked().length).toBeLessThanOrEqual(2);
      }
    }
  });

  it('Gitea: Bearer and Basic in two header lines, scope *', async () => {
    upstream.bare = () => ({
      status: 401,
      headers: { 'www-authenticate': [`${upstream.challenge()},scope="*"`, 'Basic realm="gitea",scope="*"'] },
    });
    expect(await ask()).toBe(200);
    expect(asked()).toEqual(['repository:app:pull']);
  });

  it('holds a token that is there, and neither asks for one nor renews it', async () => {
    expect(authorizer.held(registry(), PUSH, 0)).toBeUndefined();
    expect(await askFor(PUSH)).toBe(200);
    asked();
    expect(authorizer.held(registry(), PUSH, 0)?.header?.reveal()).toBe('Bearer T1');
    clock.advance(290_000);
    expect(authorizer.held(registry(), PUSH, 0)?.header?.reveal()).toBe('Bearer T1');
    expect(authorizer.held(registry(), PUSH, 20_000)).toBeUndefined();
    expect(asked()).toEqual([]);
  });
});
