import { type ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { type Sensitive } from '@oci-connector/sensitive';
import { eventually, ManualClock } from '@oci-connector/testing-kit';
import { ApiServer, json, refuse } from '../test/api-server';
import { reviewed, yes } from '../test/reviews';
import { aToken } from '../test/tokens';
import { ReviewUnavailableError } from './kube.errors';
import { KubeClient } from './kube-client';
import { Reachability } from './reachability';
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

describe('C10 fail-open', () => {
  const errors: [string, (response: ServerResponse) => void][] = [
    ['429', (response) => refuse(response, 429, 'TooManyRequests')],
    ['403', (response) => refuse(response, 403, 'Forbidden')],
    ['401', (response) => refuse(response, 401, 'Unauthorized')],
    ['500', (response) => refuse(response, 500, 'InternalError')],
    ['503 with Retry-After', (response) => void response.writeHead(503, { 'retry-after': '1' }).end()],
    ['garbage', (response) => void response.end('<html>')],
    ['an incomplete response', (response) => void response.writeHead(201, { 'content-length': '99' }).write('{', () => response.destroy())],
    ['another object', (response) => json(response, 201, { kind: 'Status', status: 'Success' })],
    ['no status', (response) => json(response, 201, { kind: 'TokenReview' })],
    ['a positive answer with an error', status({ ...yes, error: 'webhook timed out' })],
    ['a positive answer without a user', status({ ...yes, user: {} })],
  ];

  it.each(errors)('%s is not a positive answer, is not cached, and does not revive an older answer', async (_name, answer) => {
    await reviewer.review(aToken());
    clock.advance(10_000);
    respond = answer;
    const error = await failure(aToken());
    expect(error).toBeInstanceOf(ReviewUnavailableError);
    expect(await code(aToken({ jti: 'new' }))).toBe('ReviewUnavailable');
    expect(inspect(error, { depth: 5 })).not.toContain(aToken().reveal());
    respond = status(yes);
    await reviewer.review(aToken());
    expect(outcomes).toEqual(['token miss', 'token error', 'token error', 'token miss']);
  });

  it('an API server without a response does not authenticate an unknown token', async () => {
    await server.close();
    expect(await code(aToken())).toBe('ReviewUnavailable');
  });
});

describe('API server unreachable', () => {
  const exp = (minutes: number): object => ({ exp: clock.now() / 1000 + minutes * 60 });

  it.each<[string, () => Promise<void>]>([
    ['refuses connections', () => server.close()],
    [
      'drops connections',
      async () => {
        respond = (response) => void response.destroy();
      },
    ],
  ])('uses an older positive answer for five minutes after its last confirmation when the server %s', async (_name, fault) => {
    const token = aToken(exp(60));
    await reviewer.review(token);
    clock.advance(MINUTE);
    await reviewer.review(token);
    await fault();
    clock.advance(5 * MINUTE);
    expect(await reviewer.review(token)).toMatchObject({ uid: 'sa-uid' });
    clock.advance(1);
    expect(await code(token)).toBe('ReviewUnavailable');
    expect(outcomes).toEqual(['token miss', 'token miss', 'token stale', 'token error']);
  });

  it('does not extend that time by using the answer', async () => {
    const token = aToken(exp(60));
    await reviewer.review(token);
    await server.close();
    for (let minute = 0; minute < 5; minute++) {
      clock.advance(MINUTE);
      await reviewer.review(token);
    }
    clock.advance(1);
    expect(await code(token)).toBe('ReviewUnavailable');
  });

  it('does not use it after the expiry of the token', async () => {
    const token = aToken(exp(2));
    await reviewer.review(token);
    await server.close();
    clock.advance(2 * MINUTE - 1);
    await reviewer.review(token);
    clock.advance(1);
    expect(await code(token)).toBe('Expired');
  });

  it('does not use it after a negative answer', async () => {
    const token = aToken(exp(60));
    await reviewer.review(token);
    clock.advance(10_000);
    respond = status({ authenticated: false });
    expect(await code(token)).toBe('NotAuthenticated');
    await server.close();
    clock.advance(10_000);
    expect(await code(token)).toBe('ReviewUnavailable');
  });

  it('asks again as soon as the server is back', async () => {
    const reachability = new Reachability(clock);
    make({ reachability });
    const token = aToken(exp(60));
    await reviewer.review(token);
    clock.advance(10_000);
    await server.close();
    await reviewer.review(token);
    await server.listen();
    respond = status({ authenticated: false });
    // The pause between two tries is a second. Until then the older answer is used.
    await reviewer.review(token);
    clock.advance(1000);
    await eventually(() => reachability.outage === undefined);
    expect(await code(token)).toBe('NotAuthenticated');
  });

  it('a hung server delays no client with an older positive answer, except the one that detects it', async () => {
    const tokens = Array.from({ length: 50 }, (_, jti) => aToken({ jti, ...exp(60) }));
    const [first] = tokens as [Sensitive];
    await client.close();
    const requestClock = new ManualClock();
    client = KubeClient.fromConnection(server.connection(), { clock: requestClock });
    make({ concurrency: 50 });
    await Promise.all(tokens.map((token) => reviewer.review(token)));
    clock.advance(10_000);
    respond = () => undefined;
    const noticing = reviewer.review(first);
    await eventually(() => server.requests.length === 51);
    requestClock.advance(5_000);
    await noticing;
    // One of them is reviewed in the background, and the call that detected the outage is repeated after a second.
    await Promise.all(tokens.map((token) => reviewer.review(token)));
    await eventually(() => server.requests.length === 52);
    clock.advance(1000);
    await eventually(() => server.requests.length === 53);
    await Promise.all(tokens.map((token) => reviewer.review(token)));
    expect(server.requests).toHaveLength(53);
    expect(new Set(outcomes.slice(50))).toEqual(new Set(['token stale']));
  });
});
