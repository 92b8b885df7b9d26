import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { Sensitive } from '@oci-connector/sensitive';
import { eventually, ManualClock } from '@oci-connector/testing-kit';
import { ApiServer, json, refuse } from '../test/api-server';
import { settle } from '../test/settle';
import { aToken } from '../test/tokens';
import { KubeClient } from './kube-client';
import { TokenReviewer } from './token-reviewer';
import { TokenSignatures } from './token-signatures';
import { decodeTokenUnverified } from './unverified-token';

const ISSUER = 'https://kubernetes.default.svc';
const PAIRS = {
  RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  RS512: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ES384: generateKeyPairSync('ec', { namedCurve: 'P-384' }),
} as const;
type Alg = keyof typeof PAIRS;
const ALGS = Object.keys(PAIRS) as Alg[];

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const published = (...algs: Alg[]): object => ({
  keys: algs.map((alg) => ({ ...PAIRS[alg].publicKey.export({ format: 'jwk' }), kid: alg, alg, use: 'sig' })),
});

/** Returns a token that is signed with the key of `by`, with the given header. */
function signed(by: Alg, header: object = { alg: by, kid: by }, claims: object = {}): Sensitive {
  const payload = { iss: ISSUER, aud: ['connectors-proxy'], exp: Date.parse('2030-01-01T01:00:00Z') / 1000, ...claims };
  const head = `${encode(header)}.${encode(payload)}`;
  const key: KeyObject = PAIRS[by].privateKey;
  const signature = sign(`sha${by.slice(2)}`, Buffer.from(head), { key, dsaEncoding: 'ieee-p1363' });
  return new Sensitive(`${head}.${signature.toString('base64url')}`);
}

/** Returns the token with one character of the signature changed. */
function forged(token: Sensitive): Sensitive {
  const text = token.reveal();
  const at = text.length - 20;
  return new Sensitive(`${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`);
}

describe('signatures of tokens, checked before the API server is asked', () => {
  let server: ApiServer;
  let client: KubeClient;
  let clock: ManualClock;
  let keys: object;
  let issuer: string;
  let refusal: number | undefined;
  let signatures: TokenSignatures;
  let failures: number[];

  const judge = (token: Sensitive): string => signatures.judge(token, decodeTokenUnverified(token));
  const reads = (): number => server.requests.filter(({ url }) => url.pathname === '/.well-known/openid-configuration').length;
  /** Judges once, so that the keys are read. */
  async function loaded(): Promise<void> {
    const before = reads();
    judge(aToken({}, { alg: 'RS256', kid: 'never known' }));
    await eventually(() => reads() > before && server.open === 0);
    await settle();
  }

  beforeEach(async () => {
    clock = new ManualClock();
    keys = published(...ALGS);
    issuer = ISSUER;
    refusal = undefined;
    failures = [];
    server = await ApiServer.start(({ url, headers }, response) => {
      if (refusal !== undefined) {
        return refuse(response, refusal, 'Forbidden');
      }
      if (url.pathname === '/openid/v1/jwks' && headers.accept?.includes('*/*')) {
        return json(response, 200, keys);
      }
      return json(response, 200, { issuer, jwks_uri: 'https://elsewhere/keys' });
    });
    client = KubeClient.fromConnection(server.connection());
    signatures = new TokenSignatures({ client, clock, onError: (_error, retryMs) => failures.push(retryMs) });
  });

  afterEach(async () => {
    await client.close();
    await server.close();
  });

  it.each(ALGS)('%s: distinguishes valid from invalid signatures', async (alg) => {
    expect(judge(signed(alg))).toBe('unknown');
    await loaded();
    expect(judge(signed(alg))).toBe('valid');
    expect(judge(forged(signed(alg)))).toBe('invalid');
    expect(judge(signed(alg, undefined, { sub: 'x' }))).toBe('valid');
    expect(server.requests.map(({ url }) => url.pathname).sort()).toEqual(['/.well-known/openid-configuration', '/openid/v1/jwks']);
  });

  it.each<[string, () => Sensitive, string]>([
    ['another algorithm of the list than the key is of', () => signed('RS256', { alg: 'ES256', kid: 'RS256' }), 'invalid'],
    ['another curve', () => signed('ES256', { alg: 'ES384', kid: 'ES256' }), 'invalid'],
    ['an empty signature', () => aToken({ iss: ISSUER }, { alg: 'ES256', kid: 'ES256' }), 'invalid'],
    ['the signature of another key', () => signed('RS512', { alg: 'RS512', kid: 'RS256' }), 'invalid'],
    ['an algorithm that is not in the list', () => signed('RS256', { alg: 'PS256', kid: 'RS256' }), 'unknown'],
    ['none', () => aToken({}, { alg: 'none', kid: 'RS256' }), 'unknown'],
    ['HMAC with the public key', () => aToken({}, { alg: 'HS256', kid: 'RS256' }), 'unknown'],
    ['no key ID', () => signed('RS256', { alg: 'RS256' }), 'unknown'],
    ['another issuer than that of the keys', () => forged(signed('RS256', undefined, { iss: 'https://other' })), 'unknown'],
  ])('judges %s', async (_what, token, expected) => {
    await loaded();
    expect(judge(token())).toBe(expected);
  });

  it('reads the keys again for an unknown key ID, at most once in ten seconds', async () => {
    keys = published('RS256');
    await loaded();
    keys = published('RS256', 'ES256');
    for (let count = 0; count < 50; count += 1) {
      expect(judge(signed('ES256'))).toBe('unknown');
    }
    await settle();
    expect(reads()).toBe(1);
    clock.advance(10_000);
    await loaded();
    expect([judge(signed('ES256')), reads()]).toEqual(['valid', 2]);
  });

  it('refuses no token by keys that are older than five minutes', async () => {
    await loaded();
    clock.advance(5 * 60_000);
    expect(judge(signed('RS256'))).toBe('valid');
    expect(judge(forged(signed('RS256')))).toBe('unknown');
    await eventually(() => reads() === 2 && server.open === 0);
    await settle();
    expect(judge(forged(signed('RS256')))).toBe('invalid');
  });

  it.each([403, 404])('is off for five minutes when the API server responds with %i', async (status) => {
    refusal = status;
    await loaded();
    clock.advance(5 * 60_000 - 1);
    judge(signed('RS256'));
    await settle();
    expect([judge(forged(signed('RS256'))), reads(), failures]).toEqual(['unknown', 1, [5 * 60_000]]);
  });

  it('retries soon after a temporary failure, and keeps its keys meanwhile', async () => {
    await loaded();
    refusal = 500;
    clock.advance(10_000);
    await loaded();
    expect([judge(forged(signed('RS256'))), failures]).toEqual(['invalid', [10_000]]);
  });

  it.each<[string, unknown]>([
    ['no list', {}],
    ['no keys', { keys: 'none' }],
    [
      'unusable keys',
      { keys: [null, 1, {}, { kid: 'RS256' }, { kid: 'RS256', kty: 'RSA', n: '', e: '' }, { kid: 'RS256', kty: 'oct', k: 'AAAA' }] },
    ],
  ])('judges no token by %s', async (_what, answer) => {
    keys = answer as object;
    await loaded();
    expect(judge(signed('RS256'))).toBe('unknown');
  });

  it('a forged token causes no review, and a valid signature alone does not authenticate', async () => {
    await loaded();
    const reviewer = new TokenReviewer({ client, clock, audiences: ['connectors-proxy'], signatures });
    server.requests.length = 0;
    const refused = (token: Sensitive): Promise<unknown> => reviewer.review(token).catch((error: { code?: unknown }) => error.code);
    expect(await Promise.all(Array.from({ length: 100 }, (_, jti) => refused(forged(signed('ES256', undefined, { jti })))))).toEqual(
      Array(100).fill('NotAuthenticated'),
    );
    expect(server.requests).toEqual([]);
    server.answer = (_request, response) => json(response, 201, { kind: 'TokenReview', metadata: {}, status: { authenticated: false } });
    expect(await refused(signed('ES256'))).toBe('NotAuthenticated');
    expect(server.requests).toHaveLength(1);
  });
});
