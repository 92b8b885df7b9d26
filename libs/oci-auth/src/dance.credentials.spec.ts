import { DanceFixture, REFUSES, type TokenServer, withPassword } from '../test/dance-fixture';
import { type DanceOutcome } from '../test/dance';
import { BASIC } from '../test/loopback-registry';
import { type ScriptedResponse } from '../test/scripted-server';
import { PUSH } from '../test/token-registry';

describe('a credential in the dance', () => {
  let fixture: DanceFixture;
  beforeEach(async () => {
    fixture = await DanceFixture.start();
  });
  afterEach(() => fixture.close());

  describe('distinguishes a refused credential from a refused action', () => {
    const issue = (): ScriptedResponse => fixture.upstream.issue();
    // Columns: registry; password; the token server's responses; the registry's responses; outcome and requests; the same for another repository after it.
    it.each<[string, string, TokenServer, boolean, [DanceOutcome, ...(string | null)[]], [DanceOutcome, ...(string | null)[]]]>([
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
      fixture.serve(tokens);
      fixture.send = fixture.takes(() => takesToken);
      expect([await fixture.ask('app', withPassword(password)), ...fixture.asked()]).toEqual(first);
      expect([await fixture.ask('b', withPassword(password)), ...fixture.asked()]).toEqual(second);
    });

    it('without a credential: the action is refused, and no second token request is sent', async () => {
      fixture.serve(() => REFUSES);
      expect([await fixture.ask('app', { credential: undefined }), ...fixture.asked()]).toEqual(['AccessRefused', 'repository:app:pull']);
      fixture.serve(() => fixture.upstream.issue());
      fixture.send = fixture.takes(() => false);
      expect([await fixture.ask('b', { credential: undefined }), ...fixture.asked()]).toEqual(['AccessRefused', 'repository:b:pull']);
    });
  });

  describe('a refused credential', () => {
    beforeEach(() => fixture.serve(({ good }) => (good ? fixture.upstream.issue() : REFUSES)));
    const MINUTE = 60_000;

    it('is not sent again for 30 minutes, whichever repository, action or Connector it is for', async () => {
      expect(await fixture.ask('app', withPassword('wrong'))).toBe('CredentialRefused');
      fixture.asked();
      fixture.clock.advance(30 * MINUTE - 1);
      for (const connectorUid of ['uid-1', 'uid-2', 'uid-3']) {
        expect(await fixture.ask(`of-${connectorUid}`, { ...withPassword('wrong'), connectorUid })).toBe('CredentialRefused');
      }
      expect(fixture.asked()).toEqual([]);
      fixture.clock.advance(1);
      await fixture.ask('app', withPassword('wrong'));
      expect(fixture.asked()).toEqual(['repository:app:pull', null]);
    });

    it('counts as another credential immediately when its content changes, and as the same one under another revision', async () => {
      expect(await fixture.ask('app', withPassword('wrong'))).toBe('CredentialRefused');
      expect(await fixture.ask('app', withPassword('hunter2'))).toBe(200);
      fixture.asked();
      expect(await fixture.ask('app', { ...withPassword('wrong'), credentialRevision: 'written again' })).toBe('CredentialRefused');
      expect(fixture.asked()).toEqual([]);
    });

    it('is identified by its content, never by its user name: the right password of that user works', async () => {
      expect(await fixture.ask('app', withPassword('wrong'))).toBe('CredentialRefused');
      expect(await fixture.ask('app', { ...withPassword('hunter2'), connectorUid: 'uid-2' })).toBe(200);
      expect(await fixture.ask('app', withPassword('wrong'))).toBe('CredentialRefused');
    });

    it('counts for only 10 s when another password of the user was refused just before: Harbor locks the user', async () => {
      let locked = false;
      fixture.serve(({ good, scope }) => (scope ? fixture.upstream.issue() : good && !locked ? fixture.upstream.issue() : REFUSES));
      fixture.send = fixture.takes(() => false);
      expect(await fixture.ask('app', withPassword('wrong'))).toBe('CredentialRefused');
      locked = true;
      expect(await fixture.ask('app', { ...withPassword('hunter2'), connectorUid: 'uid-2' })).toBe('CredentialRefused');
      locked = false;
      fixture.clock.advance(10_000);
      expect(await fixture.ask('c', { ...withPassword('hunter2'), connectorUid: 'uid-2' })).toBe('AccessRefused');
      expect(await fixture.ask('c', withPassword('wrong'))).toBe('CredentialRefused');
    });

    it('is sent once, however many requests arrive at the same time', async () => {
      const all = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          fixture.ask(`repository-${index}`, { ...withPassword('wrong'), connectorUid: `uid-${index % 4}` }),
        ),
      );
      expect(new Set(all)).toEqual(new Set(['CredentialRefused']));
      expect(fixture.asked()).toHaveLength(2);
    });

    it('is refused by one token server only: another one may accept it', async () => {
      expect(await fixture.ask('app', withPassword('wrong'))).toBe('CredentialRefused');
      fixture.upstream.bare = () => ({
        status: 401,
        headers: { 'www-authenticate': `Bearer realm="${fixture.upstream.tokenServer.origin}/other",service="reg"` },
      });
      fixture.asked();
      await fixture.ask('app', { ...withPassword('wrong'), connectorUid: 'uid-2' });
      expect(fixture.asked()).toEqual(['repository:app:pull', null]);
    });
  });

  describe('a refused Basic credential', () => {
    const basicRegistry = (entry: (authorization: string | undefined) => number): void => {
      const offer = { 'www-authenticate': 'Basic realm="r"' };
      fixture.upstream.bare = () => ({ status: entry(undefined), headers: offer });
      fixture.upstream.judge = (authorization) => ({ status: entry(authorization), headers: offer });
      fixture.send = () => ({ status: 401, headers: offer });
    };

    it.each<[string, (authorization: string | undefined) => number, DanceOutcome, number]>([
      ['/v2/ refuses it, too: the credential, remembered', () => 401, 'CredentialRefused', 0],
      [
        '/v2/ accepts it, and no anonymous request: the action',
        (authorization) => (authorization === BASIC ? 200 : 401),
        'AccessRefused',
        2,
      ],
    ])('%s', async (_name, entry, outcome, more) => {
      basicRegistry(entry);
      expect(await fixture.ask()).toBe(outcome);
      const withCredential = (): number =>
        fixture.upstream.registry.seen.splice(0).filter(({ headers }) => headers.authorization !== undefined).length;
      withCredential();
      expect(await fixture.ask()).toBe(outcome);
      expect(withCredential()).toBe(0);
      fixture.clock.advance(10_000);
      expect(await fixture.ask('b', { connectorUid: 'uid-2' })).toBe(outcome);
      expect(withCredential()).toBe(more === 0 ? 0 : 1);
    });

    it('where /v2/ lets everybody in, a 401 is about the credential, but only for this repository', async () => {
      basicRegistry((authorization) => (authorization === undefined ? 200 : 200));
      const none = await fixture.authorizer.authorize(fixture.registry(), PUSH);
      const basic = await fixture.authorizer.rejected(fixture.registry(), PUSH, none, { challenge: 'Basic realm="r"' });
      await expect(fixture.authorizer.rejected(fixture.registry(), PUSH, basic, { challenge: 'Basic realm="r"' })).rejects.toMatchObject({
        code: 'CredentialRefused',
      });
      expect(await fixture.authorizer.authorize(fixture.registry(), [{ repository: 'b', actions: ['pull', 'push'] }])).toMatchObject({
        scheme: 'basic',
      });
    });
  });
});
