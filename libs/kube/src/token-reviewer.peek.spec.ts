import { eventually, ManualClock } from '@oci-connector/testing-kit';
import { ApiServer, json } from '../test/api-server';
import { aToken } from '../test/tokens';
import { TokenRefusedError } from './kube.errors';
import { KubeClient } from './kube-client';
import { TokenReviewer } from './token-reviewer';

const user = { username: 'system:serviceaccount:team-a:builder', uid: 'sa-uid' };

let server: ApiServer;
let client: KubeClient;
let clock: ManualClock;
let reviewer: TokenReviewer;
let outcomes: string[];
let status: object;

beforeEach(async () => {
  clock = new ManualClock();
  outcomes = [];
  status = { authenticated: true, user, audiences: ['connectors-proxy'] };
  server = await ApiServer.start((_request, response) => json(response, 201, { kind: 'TokenReview', metadata: {}, status }));
  client = KubeClient.fromConnection(server.connection());
  reviewer = new TokenReviewer({
    client,
    audiences: ['connectors-proxy'],
    clock,
    onReview: (kind, outcome) => outcomes.push(`${kind} ${outcome}`),
  });
});

afterEach(async () => {
  await client.close();
  await server.close();
});

describe('TokenReviewer.peek', () => {
  it('returns a cached positive answer as long as it is valid', async () => {
    expect(reviewer.peek(aToken())).toBeUndefined();
    const identity = await reviewer.review(aToken());
    clock.advance(7_999);
    expect(reviewer.peek(aToken())).toBe(identity);
    expect(reviewer.peek(aToken({ sub: 'another' }))).toBeUndefined();
    clock.advance(2_001);
    expect(reviewer.peek(aToken())).toBeUndefined();
    expect(outcomes).toEqual(['token miss', 'token hit']);
    expect(server.requests).toHaveLength(1);
  });

  it('renews a positive answer that is used after eight seconds, once, while it is still used', async () => {
    await reviewer.review(aToken());
    clock.advance(8_000);
    for (let request = 0; request < 10; request += 1) {
      expect(reviewer.peek(aToken())).toBeDefined();
    }
    await eventually(() => outcomes.filter((outcome) => outcome === 'token miss').length === 2);
    clock.advance(7_999);
    expect(reviewer.peek(aToken())).toBeDefined();
    expect(server.requests).toHaveLength(2);
  });

  it('C11: does not return it after the expiry of the token', async () => {
    const token = aToken({ exp: clock.now() / 1_000 + 5 });
    await reviewer.review(token);
    clock.advance(4_999);
    expect(reviewer.peek(token)).toBeDefined();
    clock.advance(1);
    expect(reviewer.peek(token)).toBeUndefined();
    // An answer that is not returned is not a hit.
    expect(outcomes).toEqual(['token miss', 'token hit']);
  });

  it('does not return a cached negative answer', async () => {
    status = { authenticated: false };
    await expect(reviewer.review(aToken())).rejects.toThrow(TokenRefusedError);
    expect(reviewer.peek(aToken())).toBeUndefined();
  });
});
