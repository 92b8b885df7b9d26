import { type ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { type Sensitive } from '@oci-connector/sensitive';
import { eventually, ManualClock } from '@oci-connector/testing-kit';
import { ApiServer } from '../test/api-server';
import { reviewed, user, yes } from '../test/reviews';
import { settle } from '../test/settle';
import { aToken } from '../test/tokens';
import { TokenRefusedError } from './kube.errors';
import { KubeClient } from './kube-client';
import { type ReviewOptions } from './review-cache';
import { TokenReviewer } from './token-reviewer';

const MINUTE = 60_000;

let server: ApiServer;
let client: KubeClient;
let clock: ManualClock;
let reviewer: TokenReviewer;
let outcomes: string[];
let respond: (response: ServerResponse) => void;

function make(options: Partial<ReviewOptions> = {}): void {
  outcomes = [];
  reviewer = new TokenReviewer({
    client,
    audiences: ['connectors-proxy', 'https://kubernetes.default.svc'],
    clock,
    onReview: (kind, outcome) => outcomes.push(`${kind} ${outcome}`),
    ...options,
  });
}

const status = (value: unknown): ((response: ServerResponse) => void) => reviewed('TokenReview', value);
const failure = (token: Sensitive): Promise<unknown> =>
  reviewer.review(token).then(
    () => 'the review succeeded',
    (error: unknown) => error,
  );
const code = async (token: Sensitive): Promise<unknown> => ((await failure(token)) as { code?: unknown }).code;

beforeEach(async () => {
  clock = new ManualClock();
  respond = status(yes);
  server = await ApiServer.start((_request, response) => respond(response));
  client = KubeClient.fromConnection(server.connection());
  make();
});

afterEach(async () => {
  await client.close();
  await server.close();
});

describe('TokenReviewer', () => {
  it('returns the identity', async () => {
    const token = aToken();
    expect(await reviewer.review(token)).toEqual({
      ...user,
      serviceAccount: { namespace: 'team-a', name: 'builder', uid: 'sa-uid' },
      tokenExpiresAt: Date.parse('2030-01-01T01:00:00Z'),
    });
    expect(server.requests[0]?.url.pathname).toBe('/apis/authentication.k8s.io/v1/tokenreviews');
    expect(JSON.parse(server.requests[0]?.body ?? '')).toEqual({
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenReview',
      spec: { token: token.reveal(), audiences: ['connectors-proxy', 'https://kubernetes.default.svc'] },
    });
  });

  it('returns the pod that the token is bound to, if the API server names it completely', async () => {
    const podOf = async (extra: object): Promise<unknown> => {
      make();
      respond = status({ ...yes, user: { ...user, extra } });
      return (await reviewer.review(aToken())).pod;
    };
    const name = { 'authentication.kubernetes.io/pod-name': ['build-1'] };
    const uid = { 'authentication.kubernetes.io/pod-uid': ['0b1f'] };
    expect(await podOf({ ...name, ...uid })).toEqual({ name: 'build-1', uid: '0b1f' });
    expect(await podOf(name)).toBeUndefined();
    expect(await podOf({ ...uid, 'authentication.kubernetes.io/pod-name': [] })).toBeUndefined();
    expect(await podOf({})).toBeUndefined();
  });

  it('accepts a user that is not a ServiceAccount', async () => {
    respond = status({ ...yes, user: { username: 'oidc:jane' } });
    expect(await reviewer.review(aToken())).toEqual({
      username: 'oidc:jane',
      uid: '',
      groups: [],
      extra: {},
      tokenExpiresAt: expect.any(Number) as number,
    });
  });

  it.each<[string, Sensitive, string]>([
    ['no token', aToken({ exp: 'never' }), 'NotAToken'],
    ['another audience', aToken({ aud: ['vault'] }), 'WrongAudience'],
    ['no audience', aToken({ aud: undefined }), 'WrongAudience'],
    ['expired', aToken({ exp: Date.parse('2030-01-01T00:00:00Z') / 1000 }), 'Expired'],
  ])('refuses %s without a call', async (_name, token, expected) => {
    const error = await failure(token);
    expect(error).toBeInstanceOf(TokenRefusedError);
    expect(error).toMatchObject({ code: expected });
    expect(server.requests).toHaveLength(0);
    expect(outcomes).toEqual([]);
  });

  it.each([['vault'], [undefined]])('names the required audience (token for %s)', async (aud) => {
    expect((await failure(aToken({ aud }))) as Error).toMatchObject({ message: expect.stringContaining('"connectors-proxy"') as string });
  });

  it.each<[string, unknown]>([
    ['false', { authenticated: false }],
    ['an error and nothing', { error: 'invalid bearer token' }],
    ['nothing', {}],
  ])('refuses a token that the API server does not accept: %s', async (_name, answer) => {
    respond = status(answer);
    expect(await failure(aToken())).toMatchObject({ code: 'NotAuthenticated' });
  });

  it('caches a positive answer for ten seconds from the request', async () => {
    await reviewer.review(aToken());
    clock.advance(9_999);
    await reviewer.review(aToken());
    expect(server.requests).toHaveLength(1);
    clock.advance(1);
    await reviewer.review(aToken());
    expect(server.requests).toHaveLength(2);
    expect(outcomes).toEqual(['token miss', 'token hit', 'token miss']);
  });

  it('cannot be configured to cache it for longer', async () => {
    make({ positiveTtlMs: MINUTE });
    await reviewer.review(aToken());
    clock.advance(10_000);
    await reviewer.review(aToken());
    expect(server.requests).toHaveLength(2);
  });

  it('caches a negative answer for a shorter time, and a later positive one immediately', async () => {
    respond = status({ authenticated: false });
    expect([await code(aToken()), await code(aToken())]).toEqual(['NotAuthenticated', 'NotAuthenticated']);
    expect(server.requests).toHaveLength(1);
    clock.advance(3000);
    respond = status(yes);
    await reviewer.review(aToken());
    await reviewer.review(aToken());
    expect(server.requests).toHaveLength(2);
  });

  it('caches no more answers than its limit', async () => {
    make({ cacheSize: 2 });
    for (const jti of ['1', '2', '3', '1']) {
      await reviewer.review(aToken({ jti }));
    }
    expect(server.requests).toHaveLength(4);
  });

  it('does not confuse two tokens', async () => {
    await reviewer.review(aToken());
    respond = status({ authenticated: false });
    const forged = aToken({ jti: 'forged' });
    expect(await code(forged)).toBe('NotAuthenticated');
  });

  it('sends one review for concurrent callers', async () => {
    const answers = await Promise.all([1, 2, 3, 4, 5].map(() => reviewer.review(aToken())));
    expect(answers).toHaveLength(5);
    expect(server.requests).toHaveLength(1);
  });

  it('keeps no token in memory that could be printed', async () => {
    const token = aToken();
    await reviewer.review(token);
    expect(inspect(reviewer, { depth: 8, showHidden: true })).not.toContain(token.reveal());
  });

  it('limits the reviews in flight and the waiting reviews', async () => {
    const held: ServerResponse[] = [];
    respond = (response) => held.push(response);
    // One of three places is reserved for clients that were confirmed before.
    make({ concurrency: 3, maxWaiting: 3 });
    const calls = [1, 2, 3, 4, 5, 6].map((jti) => code(aToken({ jti })));
    await eventually(() => held.length === 2);
    await settle();
    expect(server.requests).toHaveLength(2);
    expect(await calls[5]).toBe('ReviewUnavailable');
    respond = status(yes);
    held.forEach(status(yes));
    expect(await Promise.all(calls.slice(0, 5))).toEqual([undefined, undefined, undefined, undefined, undefined]);
    expect(server.requests).toHaveLength(5);
  });
});

describe('C11 audience replay', () => {
  it.each<[string, string[] | undefined]>([
    ['names none (it does not know audiences)', undefined],
    ['names none', []],
    ['names another', ['https://other']],
  ])('refuses when the API server %s', async (_name, audiences) => {
    respond = status({ ...yes, audiences });
    const error = await failure(aToken());
    expect(error).toMatchObject({ code: 'WrongAudience', message: expect.stringContaining('"connectors-proxy"') as string });
  });

  it('accepts an additional audience', async () => {
    respond = status({ ...yes, audiences: ['https://kubernetes.default.svc'] });
    expect(await reviewer.review(aToken({ aud: 'https://kubernetes.default.svc' }))).toMatchObject({ uid: 'sa-uid' });
  });
});
