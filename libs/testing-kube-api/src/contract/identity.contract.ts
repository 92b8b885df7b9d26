import { untilRight } from '@oci-connector/testing-kit';
import { asList, asText, at, type JsonObject } from '../kube-api/json';
import { ContractClient, type ContractResponse } from './contract-client';
import { type ContractContext, messageOf } from './contract-context';
import { type KubeContractAbilities } from './contract-target';

const AUDIENCE = 'connectors-proxy';
const REVIEWS = '/apis/authentication.k8s.io/v1/tokenreviews';

/** ServiceAccount tokens: how they are issued, and the result of a review. */
export function describeIdentity(context: () => ContractContext, { canAdvanceClock }: KubeContractAbilities): void {
  const createAccount = (name: string): Promise<JsonObject> => context().create(context().core('serviceaccounts'), account(name));
  const request = (name: string, spec: JsonObject): Promise<ContractResponse> =>
    context().admin.post(context().core('serviceaccounts', name, 'token'), {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec,
    });
  const tokenFor = async (name: string, spec: JsonObject = {}): Promise<string> =>
    asText(at((await request(name, { expirationSeconds: 600, ...spec })).body, 'status', 'token'));
  const review = async (token: string, audiences?: string[]): Promise<JsonObject> => {
    const spec = { token, ...(audiences && { audiences }) };
    const { body } = await context().admin.post(REVIEWS, { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec });
    return body['status'] as JsonObject;
  };

  describe('the keys that sign tokens', () => {
    it('are published to ServiceAccounts, and not to anonymous users', async () => {
      await createAccount('verifier');
      const token = await tokenFor('verifier');
      const verifier = context().as(token);
      const discovery = await verifier.get('/.well-known/openid-configuration', '*/*');
      expect(discovery).toMatchObject({ status: 200, body: { issuer: claimsOf(token)['iss'] } });
      const keys = await verifier.get('/openid/v1/jwks', '*/*');
      expect(keys.status).toBe(200);
      expect(asList(keys.body['keys'])).toContainEqual(expect.objectContaining({ kid: headerOf(token)['kid'], use: 'sig' }));
      expect((await ContractClient.anonymous(context().target).get('/openid/v1/jwks', '*/*')).status).toBeGreaterThan(400);
    });
  });

  describe('TokenRequest', () => {
    it('returns a JWT with the claims of its ServiceAccount', async () => {
      const created = await createAccount('requested');
      const response = await request('requested', { audiences: [AUDIENCE], expirationSeconds: 600 });
      expect(response).toMatchObject({
        status: 201,
        body: { kind: 'TokenRequest', spec: { audiences: [AUDIENCE] }, status: { expirationTimestamp: expect.any(String) as string } },
      });
      const claims = claimsOf(asText(at(response.body, 'status', 'token')));
      expect(claims).toMatchObject({
        aud: [AUDIENCE],
        sub: `system:serviceaccount:${context().namespace}:requested`,
        'kubernetes.io': { namespace: context().namespace, serviceaccount: { name: 'requested', uid: at(created, 'metadata', 'uid') } },
      });
      expect(Number(claims['exp']) - Number(claims['iat'])).toBe(600);
    });

    it('refuses lifetimes below ten minutes and accounts that do not exist', async () => {
      await createAccount('impatient');
      const short = await request('impatient', { expirationSeconds: 60 });
      expect(short).toMatchObject({ status: 422, body: { reason: 'Invalid' } });
      expect(messageOf(short)).toContain('may not specify a duration less than 10 minutes');
      expect(await request('no-such-account', {})).toMatchObject({ status: 404, body: { reason: 'NotFound' } });
    });

    it('binds a token to an existing object', async () => {
      await createAccount('bound');
      const boundObjectRef = { apiVersion: 'v1', kind: 'Secret', name: 'anchor' };
      expect(await request('bound', { boundObjectRef })).toMatchObject({ status: 404 });
      await context().create(context().core('secrets'), { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'anchor' } });
      const token = await tokenFor('bound', { audiences: [AUDIENCE], boundObjectRef });
      expect(await review(token, [AUDIENCE])).toMatchObject({ authenticated: true });
      await context().admin.delete(context().core('secrets', 'anchor'));
      await untilRight(
        () => review(token, [AUDIENCE]),
        ({ authenticated }) => authenticated !== true,
      );
    });
  });

  describe('TokenReview', () => {
    it('returns the user, and the requested audiences that the token has', async () => {
      const created = await createAccount('reviewed');
      const token = await tokenFor('reviewed', { audiences: [AUDIENCE, 'other'] });
      const { namespace } = context();
      expect(await review(token, [AUDIENCE, 'third'])).toMatchObject({
        authenticated: true,
        audiences: [AUDIENCE],
        user: {
          username: `system:serviceaccount:${namespace}:reviewed`,
          uid: at(created, 'metadata', 'uid'),
          groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
        },
      });
    });

    it.each([
      ['an audience that the token does not have', (token: string) => [token, ['another']] as const],
      ['the API itself, which is not an audience of the token', (token: string) => [token, undefined] as const],
      ['a token whose payload was changed', (token: string) => [tampered(token), [AUDIENCE]] as const],
      ['a text that is not a token', () => ['not-a-token', [AUDIENCE]] as const],
    ])('does not authenticate for %s', async (_what, change) => {
      const name = 'refused-review';
      await context().admin.post(context().core('serviceaccounts'), account(name));
      const [token, audiences] = change(await tokenFor(name, { audiences: [AUDIENCE] }));
      const status = await review(token, audiences && [...audiences]);
      expect(status['authenticated'] ?? false).toBe(false);
      expect(status['error']).toEqual(expect.any(String));
      expect(at(status, 'user', 'username')).toBeUndefined();
    });

    it('refuses a token after its ServiceAccount was deleted, even if a new one has the same name', async () => {
      await createAccount('mortal');
      const token = await tokenFor('mortal', { audiences: [AUDIENCE] });
      expect(await review(token, [AUDIENCE])).toMatchObject({ authenticated: true });
      await context().admin.delete(context().core('serviceaccounts', 'mortal'));
      await untilRight(
        () => review(token, [AUDIENCE]),
        ({ authenticated }) => authenticated !== true,
      );
      await createAccount('mortal');
      const renewed = await tokenFor('mortal', { audiences: [AUDIENCE] });
      await untilRight(
        () => review(renewed, [AUDIENCE]),
        ({ authenticated }) => authenticated === true,
      );
      expect((await review(token, [AUDIENCE]))['authenticated'] ?? false).toBe(false);
    });

    (canAdvanceClock ? it : it.skip)('refuses a token after its expiry', async () => {
      await createAccount('expiring');
      const token = await tokenFor('expiring', { audiences: [AUDIENCE] });
      expect(await review(token, [AUDIENCE])).toMatchObject({ authenticated: true });
      context().target.advanceClock?.(600_000);
      expect((await review(token, [AUDIENCE]))['authenticated'] ?? false).toBe(false);
    });
  });

  describe('requests', () => {
    it('with a token for the API are made as its ServiceAccount', async () => {
      await createAccount('caller');
      const response = await context()
        .as(await tokenFor('caller'))
        .get(context().core('secrets', 'any'));
      expect(response).toMatchObject({ status: 403, body: { reason: 'Forbidden', code: 403 } });
      expect(messageOf(response)).toBe(
        `secrets "any" is forbidden: User "system:serviceaccount:${context().namespace}:caller" cannot get resource "secrets" in API group "" in the namespace "${context().namespace}"`,
      );
    });

    it('with a token for another audience, or with an invalid token, are refused', async () => {
      await createAccount('stranger');
      const foreign = await tokenFor('stranger', { audiences: [AUDIENCE] });
      expect(await context().as(foreign).get('/api/v1/namespaces')).toMatchObject({ status: 401, body: { reason: 'Unauthorized' } });
      expect(await context().as('garbage').get('/api/v1/namespaces')).toMatchObject({ status: 401 });
    });

    it('can discover the API', async () => {
      await createAccount('explorer');
      const client = context().as(await tokenFor('explorer'));
      expect(await client.get('/version')).toMatchObject({ status: 200, body: { major: '1' } });
      const { body } = await client.get('/api/v1');
      const secrets = asList(body['resources']).find((item) => at(item, 'name') === 'secrets');
      expect(secrets).toMatchObject({
        kind: 'Secret',
        namespaced: true,
        verbs: expect.arrayContaining(['get', 'list', 'watch']) as string[],
      });
    });
  });
}

function account(name: string): JsonObject {
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } };
}

function claimsOf(token: string): JsonObject {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as JsonObject;
}

function headerOf(token: string): JsonObject {
  return JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString('utf8')) as JsonObject;
}

/** Returns a token with the same header and signature, but other claims. */
function tampered(token: string): string {
  const [header, , signature] = token.split('.');
  const claims = { ...claimsOf(token), aud: [AUDIENCE, 'more'] };
  return [header, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.');
}
