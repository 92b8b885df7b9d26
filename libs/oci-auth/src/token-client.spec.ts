import { Sensitive } from '@oci-connector/sensitive';
import { inspect } from 'node:util';
import { anUpstreamRegistry, BASIC, loopbackHttp } from '../test/loopback-registry';
import { type ScriptedResponse, ScriptedServer } from '../test/scripted-server';
import { OciAuthError } from './oci-auth.errors';
import { TokenClient, type TokenRequest } from './token-client';

describe('TokenClient', () => {
  let client: TokenClient;
  let server: ScriptedServer;
  beforeAll(async () => {
    server = await ScriptedServer.start();
  });
  beforeEach(() => {
    client = new TokenClient(Date);
  });
  afterAll(() => server.close());

  const request = (overrides: Partial<TokenRequest> = {}): TokenRequest => ({
    realm: new URL('/token', server.origin),
    service: 'registry.example',
    scopes: ['repository:to:pull,push', 'repository:from:pull'],
    ...overrides,
  });
  const fetchToken = async (overrides: Partial<TokenRequest> = {}, registry = anUpstreamRegistry(server)): Promise<string> =>
    (await client.fetchToken(registry, request(overrides))).value.reveal();
  const failure = async (overrides: Partial<TokenRequest> = {}, registry = anUpstreamRegistry(server)): Promise<OciAuthError> =>
    await fetchToken(overrides, registry).then(
      () => Promise.reject(new Error('must fail')),
      (error: unknown) => (error instanceof OciAuthError ? error : Promise.reject(error as Error)),
    );

  it('asks by GET with Basic, service, and one scope parameter per scope, the writing one first', async () => {
    server.play(() => ({ body: { token: 'T' } }));
    expect(await fetchToken()).toBe('T');
    expect(server.seen).toHaveLength(1);
    const [seen] = server.seen;
    expect(seen).toMatchObject({ method: 'GET', path: '/token', body: '' });
    expect(seen?.headers.authorization).toBe(BASIC);
    expect(seen?.query.getAll('scope')).toEqual(['repository:to:pull,push', 'repository:from:pull']);
    expect(seen?.query.get('service')).toBe('registry.example');
    expect(seen?.headers.cookie).toBeUndefined();
  });

  it('keeps the realm’s own query and sends no service where the challenge had none (nvcr.io)', async () => {
    server.play(() => ({ body: { token: 'T' } }));
    await fetchToken({ realm: new URL('/token?tenant=a%2Fb', server.origin), service: undefined });
    expect(server.seen[0]?.query.get('tenant')).toBe('a/b');
    expect(server.seen[0]?.query.has('service')).toBe(false);
  });

  it('carries user names with $ and + unchanged (Harbor’s robots)', async () => {
    server.play(() => ({ body: { token: 'T' } }));
    await fetchToken({}, anUpstreamRegistry(server, { credential: { username: 'robot$a+b', password: new Sensitive('pä:ss') } }));
    const sent = server.seen[0]?.headers.authorization?.replace('Basic ', '') ?? '';
    expect(Buffer.from(sent, 'base64').toString()).toBe('robot$a+b:pä:ss');
  });

  it('asks without Authorization when the connector has no credential', async () => {
    server.play(() => ({ body: { token: 'anonymous' } }));
    expect(await fetchToken({}, anUpstreamRegistry(server, { credential: undefined }))).toBe('anonymous');
    expect(server.seen[0]?.headers.authorization).toBeUndefined();
  });

  it.each([
    [401, true, 'CredentialRefused', false],
    [403, true, 'CredentialRefused', false],
    [401, false, 'CredentialMissing', false],
    [400, true, 'ScopeRefused', false],
    [404, true, 'TokenResponseInvalid', false],
    [500, true, 'TokenEndpointUnreachable', true],
    [503, true, 'TokenEndpointUnreachable', true],
    [429, true, 'TokenEndpointThrottled', true],
  ])('status %i (with credential: %s) is %s', async (status, withCredential, code, retryable) => {
    server.play(() => ({ status, body: { errors: [] } }));
    const registry = withCredential ? anUpstreamRegistry(server) : anUpstreamRegistry(server, { credential: undefined });
    expect(await failure({}, registry)).toMatchObject({ code, retryable, status });
    expect(server.seen).toHaveLength(1);
  });

  it('a refused credential never becomes an anonymous token', async () => {
    server.play(({ headers }) => (headers.authorization ? { status: 401 } : { body: { token: 'anonymous' } }));
    expect((await failure()).code).toBe('CredentialRefused');
    expect(server.seen.filter(({ headers }) => !headers.authorization)).toEqual([]);
  });

  it('reports the Retry-After of a throttling server', async () => {
    server.play(() => ({ status: 429, headers: { 'retry-after': '7' } }));
    expect((await failure()).retryAfterMs).toBe(7_000);
  });

  it('reports the Retry-After of a server that is down', async () => {
    server.play(() => ({ status: 503, headers: { 'retry-after': '9' } }));
    expect(await failure()).toMatchObject({ code: 'TokenEndpointUnreachable', retryAfterMs: 9_000 });
  });

  it('C2 follows no redirect and sends no request to the URL in Location', async () => {
    const elsewhere = await ScriptedServer.start();
    elsewhere.play(() => ({ body: { token: 'stolen' } }));
    server.play(() => ({ status: 307, headers: { location: `${elsewhere.origin}/token` } }));
    expect(await failure()).toMatchObject({ code: 'TokenResponseInvalid', status: 307 });
    expect(elsewhere.seen).toEqual([]);
    await elsewhere.close();
  });

  it('refuses a response of more than 1 MiB', async () => {
    server.play(() => ({ body: { token: 'T', padding: 'x'.repeat(1024 * 1024) } }));
    expect((await failure()).code).toBe('TokenResponseTooLarge');
  });

  it('keeps the cause when there is no response', async () => {
    const refused = new Error('nothing listens there');
    const error = await failure({}, anUpstreamRegistry(server, { http: { ...loopbackHttp, get: () => Promise.reject(refused) } }));
    expect(error).toMatchObject({ code: 'TokenEndpointUnreachable', retryable: true, cause: refused });
    expect(error.message).toContain('nothing listens there');
  });

  it('has a message for clients that names no address, for every failure', async () => {
    const refused = Object.assign(new Error('connect EPERM 10.1.2.3:443 - Local (10.0.0.9:51234)'), { code: 'EPERM' });
    const known = Object.assign(new Error('No answer from 10.1.2.3:443: nothing listens there.'), { reason: 'nothing listens there' });
    const told = async (cause: Error): Promise<string> =>
      (await failure({}, anUpstreamRegistry(server, { http: { ...loopbackHttp, get: () => Promise.reject(cause) } }))).publicMessage;
    expect(await told(refused)).toBe(`The token server ${server.origin} cannot be reached: the connection failed.`);
    expect(await told(known)).toBe(`The token server ${server.origin} cannot be reached: nothing listens there.`);
  });

  it('throws the reason of an abort unchanged', async () => {
    const signal = AbortSignal.abort(new Error('gone'));
    await expect(fetchToken({ signal })).rejects.toThrow('gone');
  });

  it('prints no secret in any error', async () => {
    server.play(() => ({ status: 401, body: 'hunter2' }));
    expect(inspect(await failure(), { depth: null, showHidden: true })).not.toContain('hunter2');
  });

  describe('with an identity token', () => {
    const withPassword = (password: string): ReturnType<typeof anUpstreamRegistry> =>
      anUpstreamRegistry(server, {
        credential: { username: 'robot', password: new Sensitive(password), identityToken: new Sensitive('refresh+me') },
      });

    it('asks by POST, with the token only in the body', async () => {
      server.play(() => ({ body: { access_token: 'A' } }));
      expect(await fetchToken({}, withPassword('hunter2'))).toBe('A');
      const [seen] = server.seen;
      expect(seen).toMatchObject({ method: 'POST', path: '/token' });
      expect(seen?.query.size).toBe(0);
      expect(seen?.headers.authorization).toBeUndefined();
      expect(Object.fromEntries(new URLSearchParams(seen?.body))).toEqual({
        grant_type: 'refresh_token',
        client_id: 'oci-connector',
        service: 'registry.example',
        scope: 'repository:to:pull,push repository:from:pull',
        refresh_token: 'refresh+me',
      });
    });

    it.each<[string, ScriptedResponse]>([
      ['400 (ACR)', { status: 400 }],
      ['401 (Artifactory)', { status: 401 }],
      ['403', { status: 403 }],
      ['404 (GCR)', { status: 404 }],
      ['405 (Harbor)', { status: 405 }],
      ['200 and HTML', { status: 200, body: '<html>Sign in</html>' }],
      ['200 and no token', { status: 200, body: {} }],
    ])('falls back from POST as containerd does: %s', async (_name, answer) => {
      server.play(({ method }) => (method === 'POST' ? answer : { body: { token: 'T' } }));
      expect(await fetchToken({}, withPassword('hunter2'))).toBe('T');
      expect(server.seen[1]?.headers.authorization).toBe(BASIC);
      expect(await fetchToken({}, withPassword('hunter2'))).toBe('T');
      expect(server.seen.map(({ method }) => method)).toEqual(['POST', 'GET', 'GET']);
    });

    it.each([429, 500, 307])('does not fall back after %i, which says nothing about the form', async (status) => {
      server.play(() => ({ status }));
      await failure({}, withPassword('hunter2'));
      expect(server.seen.map(({ method }) => method)).toEqual(['POST']);
    });

    it.each([400, 401, 403])('concludes from a %i to one identity token nothing about others at the same token server', async (status) => {
      const credential = (token: string) => ({
        username: 'robot',
        password: new Sensitive('hunter2'),
        identityToken: new Sensitive(token),
      });
      server.play(({ method, body }) => (method === 'POST' && !body.includes('good') ? { status } : { body: { token: method } }));
      const before = server.seen.length;
      const fetchWith = (token: string): Promise<string> => fetchToken({}, anUpstreamRegistry(server, { credential: credential(token) }));
      expect([await fetchWith('stale'), await fetchWith('stale'), await fetchWith('good')]).toEqual(['GET', 'GET', 'POST']);
      expect(server.seen.slice(before).map(({ method }) => method)).toEqual(['POST', 'GET', 'GET', 'POST']);
    });

    it('sends the identity token in place of a missing password, and never a request without a credential', async () => {
      server.play(({ method }) => (method === 'POST' ? { status: 404 } : { body: { token: 'T' } }));
      expect(await fetchToken({}, withPassword(''))).toBe('T');
      const sent = server.seen[1]?.headers.authorization?.replace('Basic ', '') ?? '';
      expect(Buffer.from(sent, 'base64').toString()).toBe('robot:refresh+me');
    });

    it('keeps a refused identity token refused', async () => {
      server.play(() => ({ status: 401 }));
      expect((await failure({}, withPassword('hunter2'))).code).toBe('CredentialRefused');
      expect(server.seen.map(({ method }) => method)).toEqual(['POST', 'GET']);
    });

    it('sends no more requests than allowed', async () => {
      server.play(() => ({ status: 401 }));
      let left = 1;
      await failure({ mayAsk: () => left-- > 0 }, withPassword('hunter2'));
      expect(server.seen).toHaveLength(1);
    });
  });
});
