import { ANY_DELETE, DanceFixture, DELETE, INSUFFICIENT, REFUSES, type TokenServer } from '../test/dance-fixture';
import { PULL, PUSH } from '../test/token-registry';

describe('tokens in the dance', () => {
  let fixture: DanceFixture;
  beforeEach(async () => {
    fixture = await DanceFixture.start();
  });
  afterEach(() => fixture.close());

  describe('a token that lives a second', () => {
    beforeEach(() => {
      fixture.upstream.tokens = () => fixture.upstream.issue(1);
    });

    it('is an expired token, not a refused credential: another one is fetched', async () => {
      fixture.send = fixture.takes((token) => token !== 'T1');
      expect(await fixture.ask()).toBe(200);
      expect(fixture.upstream.issued).toEqual(['T1', 'T2']);
    });

    it('is fetched for each request, and leads to TokenExpired when it always arrives too late', async () => {
      expect(await fixture.ask()).toBe(200);
      expect(await fixture.ask()).toBe(200);
      expect(fixture.upstream.issued).toEqual(['T1', 'T2']);
      fixture.send = fixture.takes(() => false);
      expect(await fixture.ask()).toBe('TokenExpired');
      expect(fixture.asked()).toHaveLength(4);
    });
  });

  it('a success in a repository ends refusals there, and nowhere else', async () => {
    fixture.send = fixture.takes(() => false);
    for (const repository of ['app', 'b']) {
      expect(await fixture.ask(repository)).toBe('AccessRefused');
    }
    fixture.authorizer.succeeded(fixture.registry(), 'app');
    fixture.asked();
    fixture.send = fixture.takes((token) => token === fixture.upstream.issued.at(-1));
    expect([await fixture.ask('app'), ...fixture.asked()]).toEqual([200, 'repository:app:pull']);
    fixture.serve(({ scope }) => (scope ? REFUSES : fixture.upstream.issue()));
    expect([await fixture.ask('c'), ...fixture.asked()]).toEqual(['AccessRefused', 'repository:c:pull']);
    expect([await fixture.ask('c'), ...fixture.asked()]).toEqual(['AccessRefused']);
    fixture.serve(() => fixture.upstream.issue());
    fixture.authorizer.succeeded(fixture.registry(), 'c');
    expect([await fixture.ask('c'), ...fixture.asked()]).toEqual([200, 'repository:c:pull']);
  });

  it('one request asks token servers twice at most, whatever they respond', async () => {
    const answers: TokenServer[] = [
      () => REFUSES,
      () => ({ status: 403 }),
      () => ({ status: 400 }),
      () => fixture.upstream.issue(),
      () => fixture.upstream.issue(1),
      () => ({ status: 500 }),
    ];
    const registries = [
      fixture.takes(() => false),
      fixture.takes(() => false, 403, INSUFFICIENT('repository:app:pull,push,delete,*')),
      fixture.takes(() => true),
    ];
    const scopesOf = [PULL, PUSH, DELETE, [...PUSH, { repository: 'base', actions: ['pull'] as const }]];
    const cases = answers.flatMap((tokens) => registries.flatMap((answer) => scopesOf.map((scopes) => ({ tokens, answer, scopes }))));
    for (const { tokens, answer, scopes } of cases) {
      fixture.serve(tokens);
      fixture.send = answer;
      fixture.authorizer = fixture.newAuthorizer();
      for (let request = 0; request < 3; request++) {
        await fixture.askFor(scopes, ANY_DELETE);
        expect(fixture.asked().length).toBeLessThanOrEqual(2);
      }
    }
  });

  it('Gitea: Bearer and Basic in two header lines, scope *', async () => {
    fixture.upstream.bare = () => ({
      status: 401,
      headers: { 'www-authenticate': [`${fixture.upstream.challenge()},scope="*"`, 'Basic realm="gitea",scope="*"'] },
    });
    expect(await fixture.ask()).toBe(200);
    expect(fixture.asked()).toEqual(['repository:app:pull']);
  });

  it('returns a cached token, and neither fetches nor renews one', async () => {
    expect(fixture.authorizer.held(fixture.registry(), PUSH, 0)).toBeUndefined();
    expect(await fixture.askFor(PUSH)).toBe(200);
    fixture.asked();
    expect(fixture.authorizer.held(fixture.registry(), PUSH, 0)?.header?.reveal()).toBe('Bearer T1');
    fixture.clock.advance(290_000);
    expect(fixture.authorizer.held(fixture.registry(), PUSH, 0)?.header?.reveal()).toBe('Bearer T1');
    expect(fixture.authorizer.held(fixture.registry(), PUSH, 20_000)).toBeUndefined();
    expect(fixture.asked()).toEqual([]);
  });
});
