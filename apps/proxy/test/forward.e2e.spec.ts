import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage, type Server as HttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { TestCertificateAuthority, until } from '@oci-connector/testing-kit';
import { anImage, type BuiltImage, type FixtureRegistry, pushImage, startFixtureRegistry } from '@oci-connector/testing-registry';
import { dial, openTunnel, readAnswer, sendOn, startTls, type TunnelAnswer, type TunnelledResponse } from './forward-client';
import { type ClientName, CONNECTORS, ProxyWorld } from './proxy-world';

const LOGIN = { username: 'robot', password: 'correct-horse-battery' };
const ACCOUNT = { ...LOGIN, grants: { '*': ['pull', 'push', 'delete'] } } as const;
const HOST = 'registry.example';
/** Not the address of the API server, which is always refused. */
const OTHER_ADDRESS = '127.0.0.2';

/** CONNECT, and what happens in the tunnel. The client knows only the registry's own name. */
describe('CONNECT', () => {
  let world: ProxyWorld;
  let registry: FixtureRegistry;
  let image: BuiltImage;
  let authority: string;
  const sockets: Socket[] = [];
  const servers: Server[] = [];

  beforeAll(async () => {
    const ca = await TestCertificateAuthority.create({ name: 'registries' });
    registry = await startFixtureRegistry({
      publicName: HOST,
      tls: await ca.issue({ names: [HOST] }),
      auth: { mode: 'token', realm: 'same-origin', accounts: [ACCOUNT] },
    });
    const port = new URL(registry.url).port;
    authority = `${HOST}:${port}`;
    world = await ProxyWorld.start({
      lookup: () => Promise.resolve([{ address: '127.0.0.1' }]),
      settings: { otherHostsAllowCidrs: ['127.0.0.1/32'] },
    });
    world.apply({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'ca', namespace: CONNECTORS },
      data: { 'ca.crt': Buffer.from(ca.caPem).toString('base64') },
    });
    await world.connect({ url: `https://${authority}` }, { credential: LOGIN, spec: { caCertSecretRef: { name: 'ca' } } });
    image = anImage();
    await pushImage(
      {
        url: `https://${authority}`,
        repository: 'team/app',
        reference: 'v1',
        auth: LOGIN,
        ca: ca.caPem,
        connectTo: { host: '127.0.0.1', port: Number(port) },
      },
      image,
    );
  });

  beforeEach(() => registry.clearRequests());

  afterEach(() => {
    // The outer connections last: see ClientSlot.secure.
    sockets
      .splice(0)
      .reverse()
      .forEach((socket) => socket.destroy());
    servers.splice(0).forEach((server) => server.close());
  });

  afterAll(async () => {
    await world.close();
    await registry.close();
  });

  const login = (as: ClientName, connectors = `${CONNECTORS}/registry`, token = world.token(as)): Record<string, string> => ({
    'proxy-authorization': `Basic ${Buffer.from(`${connectors}:${token}`).toString('base64')}`,
  });

  async function connect(to: string, headers: Record<string, string>): Promise<TunnelAnswer> {
    const socket = await dial(world.proxy.httpPort);
    sockets.push(socket);
    return openTunnel(socket, to, headers);
  }

  async function tunnel(as: ClientName): Promise<Socket> {
    const { status, socket } = await connect(authority, login(as));
    expect(status).toBe(200);
    const secure = await startTls(socket, { ca: world.ca.certificate, servername: HOST });
    sockets.push(secure);
    return secure;
  }

  const get = (socket: Socket, path: string, headers: Record<string, string> = {}): Promise<TunnelledResponse> =>
    sendOn(socket, { path, headers: { host: authority, ...headers } });

  it('to the host of a Connector: the client speaks to the registry under its own name, without a credential', async () => {
    const secure = await tunnel('puller');
    const ping = await get(secure, '/v2/');
    expect({ status: ping.status, challenge: ping.headers['www-authenticate'] }).toEqual({ status: 200, challenge: undefined });
    const absent = await get(secure, '/v2/team/absent/manifests/v1', { authorization: 'Bearer of-the-client' });
    expect(absent.status).toBe(404);
    const asked = registry.requests.filter(({ path }) => path.includes('/manifests/'));
    expect(asked.length).toBeGreaterThan(0);
    expect(
      asked.every(({ headers }) => headers['proxy-authorization'] === undefined && headers.authorization !== 'Bearer of-the-client'),
    ).toBe(true);
    await until(() => world.accesses.some(({ action }) => action === 'tunnel'));
  });

  it('without a login: 407 with one challenge, on a connection that stays usable', async () => {
    const socket = await dial(world.proxy.httpPort);
    sockets.push(socket);
    for (const headers of [{}, login('puller', 'nonsense'), login('puller', undefined, 'no-token')]) {
      const { status, headers: answered, reason } = await openTunnel(socket, authority, headers);
      expect({
        status,
        challenge: answered['proxy-authenticate'],
        www: answered['www-authenticate'],
        closes: answered['connection'],
      }).toEqual({
        status: 407,
        challenge: 'Basic realm="connectors"',
        www: undefined,
        closes: expect.stringMatching(/keep-alive/i) as string,
      });
      expect(reason).toContain('Proxy Authentication Required');
    }
    expect((await openTunnel(socket, authority, login('puller'))).status).toBe(200);
    expect(registry.requests).toEqual([]);
  });

  it('by a client without any permission: 403, and nothing is dialled', async () => {
    const { status, body } = await connect(authority, login('stranger'));
    expect({ status, body }).toEqual({ status: 403, body: expect.stringContaining('may not use connectors/proxy') as string });
    expect(registry.requests).toEqual([]);
  });

  it('the permission is asked for every request in the tunnel: a puller cannot push', async () => {
    const secure = await tunnel('puller');
    const refused = await sendOn(secure, {
      method: 'POST',
      path: '/v2/team/app/blobs/uploads/',
      headers: { host: authority, 'content-length': '0' },
    });
    expect({ status: refused.status, closes: refused.headers.connection, body: refused.body }).toEqual({
      status: 403,
      closes: 'close',
      body: expect.stringContaining('DENIED') as string,
    });
    expect(registry.requests.filter(({ method }) => method === 'POST')).toEqual([]);
  });

  it('to another host: a tunnel that the proxy does not look into', async () => {
    const server = createServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => undefined);
      socket.once('data', (chunk: Buffer) => socket.end(`echo ${chunk.toString()}`));
    }).listen(0, '127.0.0.1');
    servers.push(server);
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const refused = await connect(`127.0.0.1:${port}`, login('puller'));
    expect({ status: refused.status, body: refused.body }).toEqual({
      status: 403,
      body: expect.stringContaining('OTHER_HOSTS_PORTS') as string,
    });
  });

  it('inside of a tunnel: 405', async () => {
    const secure = await tunnel('puller');
    secure.write(`CONNECT other.example:443 HTTP/1.1\r\nhost: other.example:443\r\n\r\n`);
    expect((await readAnswer(secure)).status).toBe(405);
  });

  it.each(['other.example', `${HOST}:1`, `${HOST}`])('a request in the tunnel for the host %s: 421', async (host) => {
    const secure = await tunnel('puller');
    const answer = await sendOn(secure, { path: '/v2/team/app/manifests/v1', headers: { host } });
    expect({ status: answer.status, closes: answer.headers.connection }).toEqual({ status: 421, closes: 'close' });
    expect(registry.requests).toEqual([]);
  });
});

/** Requests for absolute http URLs, as clients send them to the proxy in `http_proxy`. */
describe('absolute-form', () => {
  let world: ProxyWorld;
  let registry: FixtureRegistry;
  let other: HttpServer;
  let received: IncomingMessage[];
  const sockets: Socket[] = [];

  beforeAll(async () => {
    registry = await startFixtureRegistry({ publicName: 'plain.example', auth: { mode: 'basic', accounts: [ACCOUNT] } });
    received = [];
    other = createHttpServer((request, response) => {
      received.push(request);
      response.setHeader('set-cookie', ['a=1', 'b=2']);
      response.setHeader('www-authenticate', 'Basic realm="theirs"');
      request.pipe(response.writeHead(request.url === '/login' ? 401 : 200));
    }).listen(0, OTHER_ADDRESS);
    await once(other, 'listening');
    world = await ProxyWorld.start({
      lookup: (name) => Promise.resolve([{ address: name.startsWith('files.example') ? OTHER_ADDRESS : '127.0.0.1' }]),
      settings: { otherHostsAllowCidrs: [OTHER_ADDRESS], otherHostsPorts: [String((other.address() as AddressInfo).port)] },
    });
    await world.connect({ url: `http://plain.example:${new URL(registry.url).port}` }, { credential: LOGIN });
  });

  beforeEach(() => {
    received.length = 0;
    registry.clearRequests();
  });

  afterEach(() => sockets.splice(0).forEach((socket) => socket.destroy()));

  afterAll(async () => {
    await world.close();
    await registry.close();
    other.closeAllConnections();
    await new Promise((resolve) => other.close(resolve));
  });

  async function send(
    url: string,
    options: Parameters<typeof sendOn>[1] & { as?: ClientName | null; host?: string } = {},
  ): Promise<TunnelledResponse> {
    const { as = 'puller', host = new URL(url).host, headers, ...rest } = options;
    const socket = await dial(world.proxy.httpPort);
    sockets.push(socket);
    const authorization =
      as === null ? {} : { 'proxy-authorization': `Basic ${Buffer.from(`${CONNECTORS}/registry:${world.token(as)}`).toString('base64')}` };
    return sendOn(socket, { ...rest, path: url, headers: { ...authorization, host, ...(headers as object) } });
  }

  const at = (path: string): string => `http://plain.example:${new URL(registry.url).port}${path}`;
  const elsewhere = (path: string, host = 'files.example'): string => `http://${host}:${(other.address() as AddressInfo).port}${path}`;

  it('to the host of a Connector: its own names, and the credential injected', async () => {
    expect((await send(at('/v2/'))).status).toBe(200);
    const answer = await send(at('/v2/team/absent/manifests/v1'), { headers: { authorization: 'Bearer mine', cookie: 'a=b' } });
    expect(answer.status).toBe(404);
    const [asked] = registry.requests.filter(({ path }) => path.includes('/manifests/'));
    expect(asked?.headers).toMatchObject({
      authorization: `Basic ${Buffer.from(`${LOGIN.username}:${LOGIN.password}`).toString('base64')}`,
    });
    expect([asked?.headers.cookie, asked?.headers['proxy-authorization']]).toEqual([undefined, undefined]);
  });

  it('without a login: 407, nothing is asked', async () => {
    const answer = await send(at('/v2/'), { as: null });
    expect({ status: answer.status, challenge: answer.headers['proxy-authenticate'] }).toEqual({
      status: 407,
      challenge: 'Basic realm="connectors"',
    });
    expect((await send(elsewhere('/'), { as: null })).status).toBe(407);
    expect([registry.requests.length, received.length]).toEqual([0, 0]);
  });

  it('a path outside of the protocol: 404; a push with a pull role: 403', async () => {
    expect((await send(at('/admin'))).status).toBe(404);
    expect((await send(at('/v2/team/app/blobs/uploads/'), { method: 'POST' })).status).toBe(403);
    expect(registry.requests).toEqual([]);
  });

  it('to another host: everything but what is about one hop passes, in both directions', async () => {
    const answer = await send(elsewhere('/login?x=1').replace('?x=1', ''), {
      method: 'POST',
      body: 'hello',
      headers: {
        authorization: 'Bearer mine',
        cookie: 'a=b',
        connection: 'x-hop, keep-alive',
        'x-hop': '1',
        'proxy-extra': '1',
        'x-end': '2',
      },
    });
    expect({
      status: answer.status,
      body: answer.body,
      cookies: answer.headers['set-cookie'],
      challenge: answer.headers['www-authenticate'],
    }).toEqual({
      status: 401,
      body: 'hello',
      cookies: ['a=1', 'b=2'],
      challenge: 'Basic realm="theirs"',
    });
    const [{ headers }] = received as [IncomingMessage];
    expect(headers).toMatchObject({ authorization: 'Bearer mine', cookie: 'a=b', 'x-end': '2', via: '1.1 connectors-proxy' });
    expect([headers['x-hop'], headers['proxy-authorization'], headers['proxy-extra']]).toEqual([undefined, undefined, undefined]);
  });

  it.each<[string, () => string, { host?: string }]>([
    ['another Host header', () => elsewhere('/'), { host: 'other.example' }],
    ['https', () => 'https://files.example/', {}],
    ['ftp', () => 'ftp://files.example/', {}],
    ['a user', () => elsewhere('/').replace('://', '://user@'), { host: 'files.example' }],
    ['port 0', () => 'http://files.example:0/', {}],
  ])('with %s: 400, and nothing is sent on', async (_name, url, options) => {
    const answer = await send(url(), { ...options, host: options.host ?? 'files.example' });
    expect({ status: answer.status, closes: answer.headers.connection }).toEqual({ status: 400, closes: 'close' });
    expect([registry.requests.length, received.length]).toEqual([0, 0]);
  });

  it("for the proxy's own names: the reverse proxy answers, with its own login", async () => {
    const url = `http://c-registry.${CONNECTORS}.svc.cluster.local/v2/`;
    expect((await send(url)).status).toBe(401);
    expect(
      (await send(url, { headers: { authorization: `Basic ${Buffer.from(`any:${world.token('puller')}`).toString('base64')}` } })).status,
    ).toBe(200);
  });
});
