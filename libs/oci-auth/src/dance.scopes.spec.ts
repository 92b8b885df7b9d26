import { type DanceOutcome } from '../test/dance';
import { ANY_DELETE, CANCEL, CHALLENGE, DanceFixture, DELETE, INSUFFICIENT } from '../test/dance-fixture';
import { PULL, PUSH } from '../test/token-registry';
import { type AuthorizeOptions } from './auth-request';
import { type RepositoryScope } from './scope';

describe('scopes in the dance', () => {
  let fixture: DanceFixture;
  beforeEach(async () => {
    fixture = await DanceFixture.start();
  });
  afterEach(() => fixture.close());

  describe('the challenge to the very request decides the actions', () => {
    it.each<[string, readonly RepositoryScope[], AuthorizeOptions | undefined, number, string, DanceOutcome, string[]]>([
      [
        '403 insufficient_scope asks for more actions that the verb covers (IBM)',
        DELETE,
        ANY_DELETE,
        403,
        INSUFFICIENT('repository:app:*'),
        200,
        ['repository:app:*'],
      ],
      [
        '401 asks for other actions (Quay)',
        DELETE,
        ANY_DELETE,
        401,
        CHALLENGE('repository:app:pull,push'),
        200,
        ['repository:app:pull,push'],
      ],
      ['never push for a read', PULL, { limit: ['pull'] }, 401, CHALLENGE('repository:app:pull,push'), 'AccessRefused', []],
      ['never push for a read, after 403', PULL, { limit: ['pull'] }, 403, INSUFFICIENT('repository:app:pull,push'), 'AccessRefused', []],
      ['never * for a push', PUSH, { limit: ['pull', 'push'] }, 403, INSUFFICIENT('repository:app:*'), 'AccessRefused', []],
      [
        'never a repository that the client did not ask for',
        DELETE,
        ANY_DELETE,
        401,
        CHALLENGE('repository:other/secret:*'),
        'AccessRefused',
        [],
      ],
      ['never the whole registry', DELETE, ANY_DELETE, 401, CHALLENGE('registry:catalog:*'), 'AccessRefused', []],
    ])('%s', async (_name, scopes, options, status, challenge, outcome, wider) => {
      fixture.send = fixture.takes((token) => token === 'T2' && wider.length > 0, status, challenge);
      const own = `repository:app:${scopes[0]?.actions.join(',')}`;
      expect(await fixture.askFor(scopes, options)).toBe(outcome);
      expect(fixture.asked()).toEqual(wider.length > 0 ? [own, ...wider] : [own, null]);
    });

    it('and the actions are remembered, for every repository of the connector', async () => {
      fixture.send = fixture.takes((token) => token !== 'T1', 403, INSUFFICIENT('repository:app:*'));
      await fixture.askFor(DELETE, ANY_DELETE);
      fixture.asked();
      expect(await fixture.askFor([{ repository: 'b', actions: ['delete'] }], ANY_DELETE)).toBe(200);
      expect(fixture.asked()).toEqual(['repository:b:*']);
    });

    it('a 403 that asks for no scope is the final response', async () => {
      fixture.send = () => ({ status: 403 });
      expect(await fixture.askFor(PULL)).toBe(403);
      expect(fixture.asked()).toEqual(['repository:app:pull']);
    });
  });

  describe('a scope that the token server refuses is narrowed in this order', () => {
    const takesActions = (...known: string[]): void => {
      fixture.upstream.tokens = ({ query }) =>
        known.includes(query.get('scope')?.split(':')[2] ?? '') ? fixture.upstream.issue() : { status: 400 };
    };
    const challengeFor = (scope: string): string => fixture.placed(CHALLENGE(scope));

    it.each<[string, readonly RepositoryScope[], string, string]>([
      ['the actions of the challenge (Quay)', DELETE, 'repository:app:pull,push', 'repository:app:pull,push'],
      ['* for a deletion', DELETE, '', 'repository:app:*'],
      ['not the actions that a challenge names for another repository', DELETE, 'repository:b:pull,push', 'repository:app:*'],
      ['the actions of the upload for a cancelled upload', CANCEL, '', 'repository:app:pull,push'],
    ])('%s', async (_name, scopes, hint, expected) => {
      takesActions('pull,push', '*');
      const options = { ...ANY_DELETE, attempt: fixture.authorizer.begin() };
      await expect(fixture.authorizer.authorize(fixture.registry(), scopes, options)).rejects.toMatchObject({ code: 'ScopeRefused' });
      fixture.asked();
      const narrowed = await fixture.authorizer.narrowed(fixture.registry(), scopes, { ...options, challenge: challengeFor(hint) });
      expect(narrowed.scheme).toBe('bearer');
      expect(fixture.asked()).toEqual([expected]);
      // The actions are remembered from now on.
      await fixture.authorizer.authorize(fixture.registry({ connectorUid: 'uid-1' }), [{ ...scopes[0]!, repository: 'c' }], ANY_DELETE);
      expect(fixture.asked()).toEqual([expected.replace(':app:', ':c:')]);
    });

    it('and a scope to pull or push is not narrowed', async () => {
      takesActions();
      for (const scopes of [PULL, PUSH]) {
        await expect(fixture.authorizer.authorize(fixture.registry(), scopes)).rejects.toMatchObject({ code: 'ScopeRefused' });
        await expect(
          fixture.authorizer.narrowed(fixture.registry(), scopes, { challenge: challengeFor('repository:app:*') }),
        ).rejects.toMatchObject({
          code: 'AccessRefused',
        });
      }
    });
  });
});
