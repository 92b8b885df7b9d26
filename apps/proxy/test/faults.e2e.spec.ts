import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { sendRequest, until } from '@oci-connector/testing-kit';
import { aBlob, anImage, type FixtureRegistry, pushImage, startFixtureRegistry } from '@oci-connector/testing-registry';
import { basic, errorOf, prefix, ProxyWorld } from './proxy-world';

const ACCOUNT = { username: 'robot', password: 'correct-horse-battery' };
const MANIFEST = `${prefix()}/team/app/manifests/v1`;
const UPLOADS = `${prefix()}/team/app/blobs/uploads/`;

describe('faults of registries, token servers and clients', () => {
  let world: ProxyWorld;
  let registry: FixtureRegistry;
  const image = anImage({ layerBytes: 2_000_000 });
  const layer = image.blobs[1]?.digest ?? '';

  beforeAll(async () => {
    world = await ProxyWorld.start({});
    registry = await startFixtureRegistry({ auth: { mode: 'token', accounts: [ACCOUNT], tokens: { lifetimeSeconds: 3_600 } } });
    await pushImage({ url: registry.url, repository: 'team/app', reference: 'v1', auth: ACCOUNT }, image);
    await world.connect(registry, { credential: ACCOUNT, trustedRealms: [registry.tokenOrigin] });
    // Makes the proxy cache the response to the version check, so that the faults affect only requests for contents.
    await world.send(MANIFEST);
  });

  beforeEach(() => {
    registry.clearRequests();
  });

  afterEach(async () => {
    registry.faults.clear();
    // No request may remain open between the proxy and the registry.
    await until(() => registry.requests.every(({ finished }) => finished));
  });

  afterAll(async () => {
    await world.close();
    await registry.close();
  });

  /** Returns the requests for contents, without those for tokens and the version check. */
  const asked = (): string[] =>
    registry.requests.filter(({ server, path }) => server === 'registry' && path !== '/v2/').map(({ method, path }) => `${method} ${path}`);

  it.each([
    [500, '{"errors":[{"code":"UNKNOWN","message":"boom"}]}'],
    [503, 'plain text'],
    [418, ''],
  ])("passes the registry's %i on unchanged", async (status, body) => {
    registry.faults.add({ kind: 'respond', status, body, headers: { 'x-some': 'thing' } });
    const response = await world.send(MANIFEST);
    expect(response.status).toBe(status);
    expect(response.body.toString()).toBe(body);
    expect(response.headers['x-some']).toBe('thing');
  });

  it('passes a 429 on with its Retry-After', async () => {
    registry.faults.add({ kind: 'respond', status: 429, headers: { 'retry-after': '60' } });
    const response = await world.send(MANIFEST);
    expect(response.status).toBe(429);
    expect(response.headers['retry-after']).toBe('60');
    expect(asked()).toHaveLength(1);
  });

  it('repeats a read after a 429 with a short wait', async () => {
    registry.faults.add({ kind: 'respond', status: 429, headers: { 'retry-after': '0' } });
    expect((await world.send(MANIFEST)).status).toBe(200);
    expect(asked()).toHaveLength(2);
  });

  it('does not repeat a write after a 429', async () => {
    registry.faults.add({ kind: 'respond', status: 429, headers: { 'retry-after': '0' } });
    expect((await world.send(UPLOADS, { method: 'POST' })).status).toBe(429);
    expect(asked()).toHaveLength(1);
  });

  it('repeats a read once when the connection was lost before the response', async () => {
    registry.faults.add({ kind: 'reset', match: { method: 'GET', path: /manifests/ } });
    expect((await world.send(MANIFEST)).status).toBe(200);
    expect(asked()).toHaveLength(2);
  });

  it('does not repeat a POST when the connection was lost: the registry may have acted on it', async () => {
    registry.faults.add({ kind: 'reset', match: { method: 'POST' } });
    const response = await world.send(UPLOADS, { method: 'POST' });
    expect(response.status).toBe(502);
    expect(asked()).toHaveLength(1);
  });

  it('502 when the registry resets every connection', async () => {
    registry.faults.add({ kind: 'reset', times: 5, match: { path: /manifests/ } });
    const response = await world.send(MANIFEST);
    expect(response.status).toBe(502);
    expect(errorOf(response)).toEqual({
      code: 'UNKNOWN',
      message: expect.stringContaining('was closed before the response was complete') as string,
    });
    expect(asked()).toHaveLength(2);
  });

  it('closes the connection when the registry breaks off in the middle of a blob', async () => {
    registry.faults.add({ kind: 'reset-body', afterBytes: 100_000 });
    await expect(world.send(`${prefix()}/team/app/blobs/${layer}`)).rejects.toThrow(/aborted|hang up|ECONNRESET/);
    await until(() => world.accesses.at(-1)?.['outcome'] === 'truncated');
  });

  it('ends the upstream request when the client disconnects in the middle of a pull', async () => {
    registry.faults.add({ kind: 'slow-body', chunkBytes: 10_000, milliseconds: 50 });
    const client = connect(world.proxy.httpPort, '127.0.0.1');
    client.write(`GET ${prefix()}/team/app/blobs/${layer} HTTP/1.1\r\nHost: a\r\nAuthorization: ${basic(world.token('puller'))}\r\n\r\n`);
    await new Promise((resolve) => client.once('data', resolve));
    client.destroy();
    const request = await registry.waitForRequest(({ path, finished }) => path.includes(layer) && finished);
    expect(request.aborted).toBe(true);
    await until(() => world.accesses.at(-1)?.['outcome'] === 'client-aborted');
  });

  it('ends the upstream request when the client disconnects in the middle of a push', async () => {
    const { headers } = await world.send(UPLOADS, { method: 'POST' });
    const client = connect(world.proxy.httpPort, '127.0.0.1');
    client.write(
      `PATCH ${headers.location ?? ''} HTTP/1.1\r\nHost: a\r\nAuthorization: ${basic(world.token('pusher'))}\r\nContent-Length: 1000000\r\n\r\n${'x'.repeat(1_000)}`,
    );
    await registry.waitForRequest(({ method, bodyBytes }) => method === 'PATCH' && bodyBytes === 1_000);
    client.destroy();
    const request = await registry.waitForRequest(({ method, finished }) => method === 'PATCH' && finished);
    expect(request.aborted).toBe(true);
    await until(() => world.accesses.at(-1)?.['outcome'] === 'client-aborted');
  });

  it('502 when the registry resets a push', async () => {
    const { headers } = await world.send(UPLOADS, { method: 'POST' });
    registry.faults.add({ kind: 'reset-upload', afterBytes: 1_000, match: { method: 'PATCH' } });
    const response = await world.send(headers.location ?? '', { method: 'PATCH', body: randomBytes(20_000_000) });
    expect(response.status).toBe(502);
    expect(asked().filter((request) => request.startsWith('PATCH'))).toHaveLength(1);
  });

  it('passes on a response that arrives before the end of a push, and closes the connection', async () => {
    const { headers } = await world.send(UPLOADS, { method: 'POST' });
    registry.faults.add({ kind: 'early-response', status: 413, afterBytes: 1_000, body: '{"errors":[]}', match: { method: 'PATCH' } });
    const response = await world.send(headers.location ?? '', { method: 'PATCH', body: randomBytes(20_000_000) });
    expect(response.status).toBe(413);
    expect(response.headers.connection).toBe('close');
    expect(response.body.toString()).toBe('{"errors":[]}');
  });

  it('503, not 401, when the registry refuses the token after the body was sent', async () => {
    const { headers } = await world.send(UPLOADS, { method: 'POST' });
    registry.faults.add({
      kind: 'respond',
      status: 401,
      headers: { 'www-authenticate': 'Bearer realm="http://evil.example/"' },
      match: { method: 'PUT' },
    });
    const blob = aBlob(randomBytes(100_000));
    const response = await world.send(`${headers.location ?? ''}?digest=${blob.digest}`.replace(/\?(.*)\?/, '?$1&'), {
      method: 'PUT',
      body: blob.content,
    });
    expect(response.status).toBe(503);
    expect(errorOf(response)).toEqual({
      code: 'UNAVAILABLE',
      message: "the registry refused the connector's authorization after the request body was sent; send the request again",
    });
    expect(response.headers['www-authenticate']).toBeUndefined();
    expect(response.headers.connection).toBe('close');
  });

  it('gets another token when the registry refuses the cached one, and repeats the read', async () => {
    await world.send(MANIFEST, { as: 'puller' });
    registry.clearRequests();
    registry.faults.add({ kind: 'respond', status: 401, match: { path: /manifests/ } });
    expect((await world.send(MANIFEST, { as: 'puller' })).status).toBe(200);
    expect(asked()).toHaveLength(2);
    expect(registry.requests.filter(({ server }) => server === 'token')).toHaveLength(1);
  });

  it('403, not 401, when the registry refuses every token', async () => {
    registry.faults.add({ kind: 'respond', status: 401, times: 9, match: { path: /manifests/ } });
    const response = await world.send(MANIFEST);
    expect(response.status).toBe(403);
    expect(errorOf(response).code).toBe('DENIED');
    expect(response.headers['www-authenticate']).toBeUndefined();
  });

  it('streams a list of tags of any length, under the name that the client used', async () => {
    const rest = `"tags":["${'a'.repeat(20_000_000)}"],"size":12345678901234567890}`;
    registry.faults.add({
      kind: 'respond',
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: `{"name":"x",${rest}`,
      match: { path: /tags/ },
    });
    const { status, headers, body } = await world.send(`${prefix()}/team/app/tags/list`);
    expect({ status, length: headers['content-length'] }).toEqual({ status: 200, length: undefined });
    expect(body.toString('latin1') === `{"name":"${prefix().slice(4)}/team/app",${rest}`).toBe(true);
    expect(world.accesses.at(-1)?.['bytesOut']).toBe(body.length);
  });

  describe('of a token server', () => {
    // Each case has a Connector of its own, so that no token is in the cache.
    it.each<[string, FixtureRegistry['quirks'], number, string, RegExp]>([
      ['garbage', { tokenAnswer: { kind: 'garbage' } }, 502, 'UNKNOWN', /token/i],
      ['an endless response', { tokenAnswer: { kind: 'huge', bytes: 50_000_000 } }, 502, 'UNKNOWN', /./],
      ['a redirect', { tokenAnswer: { kind: 'redirect', location: 'http://127.0.0.1:1/' } }, 502, 'UNKNOWN', /./],
      ['500', { tokenAnswer: { kind: 'status', status: 500 } }, 502, 'UNKNOWN', /./],
      ['429', { tokenAnswer: { kind: 'status', status: 429, headers: { 'retry-after': '7' } } }, 429, 'TOOMANYREQUESTS', /./],
      ['401', { tokenAnswer: { kind: 'status', status: 401 } }, 403, 'DENIED', /./],
    ])('that answers %s', async (name, quirks, status, code, message) => {
      const broken = await startFixtureRegistry({ auth: { mode: 'token', accounts: [ACCOUNT] }, quirks });
      const connector = `token-${name.replace(/\W+/g, '-')}`;
      await world.connect(broken, { name: connector, credential: ACCOUNT, trustedRealms: [broken.tokenOrigin] });
      const response = await world.send(`${prefix(connector)}/team/app/manifests/v1`);
      expect({ status: response.status, ...errorOf(response) }).toEqual({
        status,
        code,
        message: expect.stringMatching(message) as string,
      });
      expect(response.headers['retry-after']).toBe(status === 429 ? '7' : undefined);
      expect(broken.requests.filter(({ server, path }) => server === 'registry' && path !== '/v2/')).toEqual([]);
      await broken.close();
    });
  });

  it('ends all transfers of a client that pipelines requests and disconnects', async () => {
    const held = registry.faults.add({ kind: 'hold', match: { path: /manifests/ } });
    const client = connect(world.proxy.httpPort, '127.0.0.1');
    client.on('error', () => undefined);
    const get = `GET ${MANIFEST} HTTP/1.1\r\nHost: a\r\nAuthorization: ${basic(world.token('puller'))}\r\n\r\n`;
    client.write(get.repeat(20));
    await until(() => asked().length === 20);
    expect(await transfersInFlight()).toBeGreaterThan(1);
    client.destroy();
    await until(async () => (await transfersInFlight()) === 0);
    held.release();
  });

  async function transfersInFlight(): Promise<number> {
    const { body } = await sendRequest(`${world.proxy.adminUrl}/metrics`);
    return Number(/^connectors_proxy_transfers_in_flight (\d+)$/m.exec(body.toString())?.[1]);
  }

  it('403 for a wrong password, and no request without it', async () => {
    await world.connect(registry, { name: 'wrong', credential: { ...ACCOUNT, password: 'wrong' }, trustedRealms: [registry.tokenOrigin] });
    const response = await world.send(`${prefix('wrong')}/team/app/manifests/v1`);
    expect(response.status).toBe(403);
    expect(errorOf(response)).toEqual({ code: 'DENIED', message: expect.stringMatching(/refuses/) as string });
    expect(registry.requests.filter(({ server }) => server === 'token').every(({ headers }) => headers.authorization !== undefined)).toBe(
      true,
    );
    expect(asked()).toEqual([]);
  });
});
