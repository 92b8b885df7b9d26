import { sendRequest, until } from '@oci-connector/testing-kit';
import { aBlob, type FixtureRegistry, startFixtureRegistry } from '@oci-connector/testing-registry';
import { randomBytes } from 'node:crypto';
import { basic, CONNECTORS, errorOf, prefix, ProxyWorld } from './proxy-world';
import { rawExchange } from './raw-exchange';

const ACCOUNT = { username: 'robot', password: 'correct-horse-battery' };
const TAGS = `${prefix()}/team/app/tags/list`;
const MANIFEST = `${prefix()}/team/app/manifests/v1`;

describe('security', () => {
  let world: ProxyWorld;
  let registry: FixtureRegistry;

  beforeAll(async () => {
    world = await ProxyWorld.start();
    registry = await startFixtureRegistry({ auth: { mode: 'token', accounts: [ACCOUNT] } });
    await world.connect(registry, { credential: ACCOUNT, trustedRealms: [registry.tokenOrigin] });
    await world.send(MANIFEST);
  });

  beforeEach(() => registry.clearRequests());

  afterEach(() => registry.faults.clear());

  afterAll(async () => {
    await world.close();
    await registry.close();
  });

  const metrics = async (): Promise<string> => (await sendRequest(`${world.proxy.adminUrl}/metrics`)).body.toString();

  it('C2 credentials over Location: no challenge, cookie or foreign Location of a registry reaches the client', async () => {
    registry.faults.add({
      kind: 'respond',
      status: 403,
      headers: {
        'www-authenticate': 'Bearer realm="https://evil.example/token"',
        'proxy-authenticate': 'Basic realm="evil"',
        'set-cookie': 'sid=1',
        'strict-transport-security': 'max-age=1',
        'alt-svc': 'h3="evil.example:443"',
        connection: 'x-hop',
        'x-hop': 'gone',
        'x-end': 'stays',
      },
    });
    const { status, headers } = await world.send(MANIFEST);
    expect(status).toBe(403);
    expect(headers).toMatchObject({ 'x-end': 'stays' });
    for (const name of ['www-authenticate', 'proxy-authenticate', 'set-cookie', 'strict-transport-security', 'alt-svc', 'x-hop']) {
      expect(headers[name]).toBeUndefined();
    }
  });

  it('C2 credentials over Location: an upload is never redirected to another place', async () => {
    registry.faults.add({ kind: 'respond', status: 307, headers: { location: 'https://evil.example/upload' }, match: { method: 'POST' } });
    const response = await world.send(`${prefix()}/team/app/blobs/uploads/`, { method: 'POST' });
    expect({ status: response.status, code: errorOf(response).code }).toEqual({ status: 502, code: 'UNKNOWN' });
    expect(response.headers.location).toBeUndefined();
  });

  it('C4 cross-tenant content: two connectors of one registry share neither token nor connection', async () => {
    const other = { username: 'other', password: 'battery-staple' };
    await world.connect(registry, { name: 'tenant', credential: other, trustedRealms: [registry.tokenOrigin] });
    const response = await world.send(`${prefix('tenant')}/team/app/manifests/v1`);
    // The fixture does not know this account. With the other Connector's token the response would be 404.
    expect({ status: response.status, code: errorOf(response).code }).toEqual({ status: 403, code: 'DENIED' });
  });

  it.each([
    'c-registry.platform.svc.cluster.local.evil.example',
    'evil-c-registry.platform.svc',
    'c-registry.platform.svc.cluster.local@evil.example',
    'xc-registry.platform',
    'c-registry.platform.',
    'c-registry.platform.svc.other.domain',
  ])('C6 routing by Host substring: %s names no Connector', async (host) => {
    const response = await world.send('/v2/team/app/manifests/v1', { host });
    expect([400, 404]).toContain(response.status);
    expect(registry.requests).toEqual([]);
  });

  it("C7 header trust: only allowed headers go upstream, the proxy's own last", async () => {
    await world.send(MANIFEST, {
      headers: {
        accept: 'application/vnd.oci.image.index.v1+json, */*',
        'user-agent': 'test/1',
        'x-forwarded-for': '10.0.0.1',
        'x-forwarded-host': 'evil.example',
        forwarded: 'for=10.0.0.1',
        cookie: 'sid=1',
        'proxy-authorization': 'Basic eDp5',
        'x-anything': '1',
        connection: 'authorization, via, host, accept-encoding, keep-alive',
        'accept-encoding': 'zstd',
        te: 'trailers',
        via: '1.1 squid',
      },
    });
    const { headers } = registry.requests.at(-1) ?? {};
    expect(headers).toEqual({
      host: registry.host.includes(':') ? registry.host : `${registry.host}:${registry.port}`,
      connection: 'keep-alive',
      accept: 'application/vnd.oci.image.index.v1+json, */*',
      'user-agent': 'test/1',
      via: '1.1 squid, 1.1 connectors-proxy',
      authorization: expect.stringMatching(/^Bearer /) as string,
    });
    expect(headers?.authorization).not.toContain(world.token('pusher'));
  });

  it.each([
    [
      'Content-Length and Transfer-Encoding',
      ['Content-Length: 5', 'Transfer-Encoding: chunked'],
      '0\r\n\r\nGET /v2/ HTTP/1.1\r\nHost: a\r\n\r\n',
    ],
    ['two Content-Lengths', ['Content-Length: 5', 'Content-Length: 6'], 'abcdef'],
    ['a list of Content-Lengths', ['Content-Length: 5, 5'], 'abcde'],
    ['a signed Content-Length', ['Content-Length: +5'], 'abcde'],
    ['an unknown Transfer-Encoding', ['Transfer-Encoding: chunked, identity'], '0\r\n\r\n'],
    ['a Transfer-Encoding in disguise', ['Transfer-Encoding : chunked'], '0\r\n\r\n'],
    ['a folded header', ['X-A: b', ' c: d', 'Content-Length: 0'], ''],
    ['a bare line feed', ['X-A: b\nTransfer-Encoding: chunked'], '0\r\n\r\n'],
    ['a broken chunk', ['Transfer-Encoding: chunked'], 'zz\r\nabc\r\n0\r\n\r\n'],
  ])('C8 request smuggling: %s ends the connection', async (_name, framing, body) => {
    const head = [
      `POST ${prefix()}/team/app/blobs/uploads/?digest=sha256:${'a'.repeat(64)} HTTP/1.1`,
      'Host: a',
      `Authorization: ${basic(world.token('pusher'))}`,
    ];
    const response = await rawExchange(world.proxy.httpPort, [...head, ...framing], { body });
    expect(response.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 400']);
    expect(response).toContain('onnection: close');
    await until(() => registry.requests.every(({ finished }) => finished));
    expect(registry.requests.filter(({ status }) => status !== undefined && status < 300 && status !== 200)).toEqual([]);
  });

  it('C8 request smuggling: the proxy generates the framing of a response', async () => {
    const raw = await rawExchange(world.proxy.httpPort, [
      `GET ${TAGS} HTTP/1.1`,
      'Host: a',
      `Authorization: ${basic(world.token('puller'))}`,
      'Connection: close',
    ]);
    expect(raw.match(/content-length|transfer-encoding/gi)).toHaveLength(1);
  });

  it.each([
    ['metadata service', 'http://169.254.169.254'],
    ['metadata service, as a v4-mapped address', 'http://[::ffff:a9fe:a9fe]'],
    ['unspecified address', 'http://0.0.0.0:80'],
  ])('C9 SSRF: the %s is refused as a registry', async (name, address) => {
    const connector = `ssrf-${name.replace(/\W+/g, '-').toLowerCase()}`;
    await world.connect({ url: address }, { name: connector });
    const response = await world.send(`${prefix(connector)}/a/manifests/v1`);
    expect({ status: response.status, code: errorOf(response).code }).toEqual({ status: 424, code: 'DENIED' });
  });

  it('C9 SSRF: a realm that the egress policy refuses gets no request', async () => {
    const realm = 'http://169.254.169.254/token';
    const other = await startFixtureRegistry({ auth: { mode: 'token', accounts: [ACCOUNT], realm: { url: realm } } });
    await world.connect(other, { name: 'metadata-realm', credential: ACCOUNT, trustedRealms: ['http://169.254.169.254'] });
    const response = await world.send(`${prefix('metadata-realm')}/a/manifests/v1`);
    expect({ status: response.status, ...errorOf(response) }).toEqual({
      status: 424,
      code: 'DENIED',
      message: expect.stringContaining('169.254.169.254') as string,
    });
    await other.close();
  });

  it('C12 revocation: every request on a connection is checked', async () => {
    const lines = (authorization: string): string => [`GET ${TAGS} HTTP/1.1`, 'Host: a', `Authorization: ${authorization}`].join('\r\n');
    const response = await rawExchange(world.proxy.httpPort, [
      lines(basic(world.token('puller'))),
      '',
      lines(basic(world.token('stranger'))),
      'Connection: close',
    ]);
    expect(response.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 404', 'HTTP/1.1 403']);
  });

  it('C14 log leakage: the line of a request names client and action, and contains no secret, no query and no header', async () => {
    const blob = aBlob(randomBytes(2_000));
    const { headers } = await world.send(`${prefix()}/team/app/blobs/uploads/`, { method: 'POST' });
    const token = world.token('pusher');
    const location = `${headers.location ?? ''}?digest=${blob.digest}`.replace(/\?(.*)\?/, '?$1&');
    const query = location.slice(location.indexOf('?') + 1);
    await world.send(location, {
      method: 'PUT',
      body: blob.content,
      as: null,
      headers: { authorization: basic(token), 'x-secret-header': 'tell-nobody' },
    });
    await until(() => world.accesses.some(({ method }) => method === 'PUT'));
    const line = world.accesses.find(({ method, status }) => method === 'PUT' && status === 201);
    expect(line).toMatchObject({
      level: 'info',
      client: 'team/pusher',
      connector: 'platform/registry',
      repository: 'team/app',
      action: 'push',
      outcome: 'ok',
      upstreamStatus: 201,
      bytesIn: 2_000,
      bytesOut: 0,
      route: expect.stringContaining('{name}') as string,
      durationMs: expect.any(Number) as number,
    });
    for (const secret of [
      token,
      ACCOUNT.password,
      Buffer.from(`${ACCOUNT.username}:${ACCOUNT.password}`).toString('base64'),
      'tell-nobody',
      query,
      'Bearer ',
      'Basic ',
    ]) {
      expect(world.log).not.toContain(secret);
    }
  });

  it('C14 log leakage: no secret is in the metrics', async () => {
    const authorization = basic(world.token('puller'));
    for (let count = 0; count < 2; count += 1) {
      await world.send(TAGS, { as: null, headers: { authorization } });
    }
    const text = await metrics();
    expect(text).not.toContain(ACCOUNT.password);
    expect(text).toContain(
      'connectors_proxy_requests_total{connector_namespace="platform",connector_name="registry",action="push",status="201",code=""}',
    );
    expect(text).toMatch(
      /connectors_proxy_transferred_bytes_total\{connector_namespace="platform",connector_name="registry",direction="in"\} \d+/,
    );
    expect(text).toMatch(
      /connectors_proxy_upstream_responses_total\{connector_namespace="platform",connector_name="registry",status="201"\} \d+/,
    );
    expect(text).toMatch(/connectors_proxy_upstream_token_requests_total\{outcome="ok"\} \d+/);
    expect(text).toMatch(/connectors_proxy_reviews_total\{kind="token",outcome="hit"\} \d+/);
    expect(text).toMatch(/connectors_proxy_upstream_token_cache_total\{result="hit"\} \d+/);
    expect(text).toMatch(/connectors_proxy_transfers_in_flight 0/);
  });

  it('names a Connector in metrics only for clients that may use it, while it exists', async () => {
    await world.connect(registry, { name: 'passing' });
    await world.send(`${prefix('passing')}/a/tags/list`, { as: 'stranger' });
    await world.send(`${prefix('invented')}/a/tags/list`, { as: 'stranger' });
    expect(await metrics()).not.toContain('invented');
    await world.send(`${prefix('passing')}/a/tags/list`, { as: 'admin' });
    expect(await metrics()).toContain('connector_namespace="platform",connector_name="passing"');
    world.kube.delete({ apiVersion: 'connectors.alauda.io/v1alpha1', kind: 'Connector', namespace: CONNECTORS, name: 'passing' });
    await until(async () => !(await metrics()).includes('passing'));
  });

  it('does not name a deleted Connector in metrics when a request to it ends later', async () => {
    await world.connect(registry, { name: 'leaving', credential: ACCOUNT, trustedRealms: [registry.tokenOrigin] });
    const held = registry.faults.add({ kind: 'hold', match: { path: /manifests/ } });
    const running = world.send(`${prefix('leaving')}/a/manifests/v1`, { as: 'admin' });
    await until(() => held.hits === 1);
    world.kube.delete({ apiVersion: 'connectors.alauda.io/v1alpha1', kind: 'Connector', namespace: CONNECTORS, name: 'leaving' });
    await until(async () => !(await metrics()).includes('leaving'));
    held.release();
    expect((await running).status).toBe(404);
    await until(async () => (await metrics()).includes('connectors_proxy_transfers_in_flight 0'));
    expect(await metrics()).not.toContain('leaving');
  });
});
