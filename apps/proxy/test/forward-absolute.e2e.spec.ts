import { LoopbackServer, until } from '@oci-connector/testing-kit';
import { type FixtureRegistry } from '@oci-connector/testing-registry';
import { ACCOUNT, ForwardWorld, LOGIN, PORTS } from './forward-world';
import { basic } from './proxy-world';

/** Not the address of the API server, which is always refused. */
const OTHER_ADDRESS = '127.0.0.2';
const PLAIN = 'plain.example';

/** Requests for absolute http URLs, as clients send them to the proxy in `http_proxy`. */
describe.each(PORTS)('absolute URLs (%s port)', (port) => {
  let forward: ForwardWorld;
  let registry: FixtureRegistry;
  let other: LoopbackServer;

  beforeAll(async () => {
    other = await LoopbackServer.start(
      (request, response) => {
        response.setHeader('set-cookie', ['a=1', 'b=2']);
        response.setHeader('www-authenticate', 'Basic realm="theirs"');
        request.pipe(response.writeHead(request.url === '/login' ? 401 : 200));
      },
      { address: OTHER_ADDRESS },
    );
    forward = await ForwardWorld.start({ otherHostsAllowCidrs: [OTHER_ADDRESS], otherHostsPorts: [String(other.port)] });
    forward.names['files.example'] = [OTHER_ADDRESS];
    registry = await forward.addRegistry(PLAIN, { tls: false, auth: { mode: 'basic', accounts: [ACCOUNT] } });
    await forward.connect(`http://${PLAIN}:${registry.port}`);
  });

  beforeEach(() => {
    registry.clearRequests();
    other.requests.splice(0);
  });

  afterEach(() => forward.closeSockets());

  afterAll(async () => {
    await forward.close();
    await other.close();
  });

  const at = (path: string): string => `http://${PLAIN}:${registry.port}${path}`;

  it('to the host of a Connector: its own names, and the credential injected', async () => {
    expect((await forward.sendAbsolute(at('/v2/'), { port })).status).toBe(200);
    const headers = { authorization: 'Bearer mine', cookie: 'a=b' };
    expect((await forward.sendAbsolute(at('/v2/team/absent/manifests/v1'), { port, headers })).status).toBe(404);
    const [asked] = registry.requests.filter(({ path }) => path.includes('/manifests/'));
    expect(asked?.headers).toMatchObject({ authorization: basic(LOGIN.password, LOGIN.username) });
    expect([asked?.headers.cookie, asked?.headers['proxy-authorization']]).toEqual([undefined, undefined]);
  });

  it('a path outside of the protocol: 404; a push with a pull role: 403', async () => {
    expect((await forward.sendAbsolute(at('/admin'), { port })).status).toBe(404);
    expect((await forward.sendAbsolute(at('/v2/team/app/blobs/uploads/'), { port, method: 'POST' })).status).toBe(403);
    expect(registry.requests).toEqual([]);
  });

  it('with a login that is refused: the log names the host', async () => {
    const token = 'not.a.token';
    expect((await forward.sendAbsolute(`http://files.example:${other.port}/login`, { port, token })).status).toBe(407);
    await until(() => forward.world.accesses.at(-1)?.['status'] === 407);
    expect(forward.world.accesses.at(-1)).toMatchObject({ mode: 'forward', host: `files.example:${other.port}`, status: 407 });
    expect(JSON.stringify(forward.world.accesses.at(-1))).not.toContain('login');
    expect(other.requests).toEqual([]);
  });

  it('to another host: everything but what is about one hop passes, in both directions', async () => {
    const answer = await forward.sendAbsolute(`http://files.example:${other.port}/login`, {
      port,
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
    }).toEqual({ status: 401, body: 'hello', cookies: ['a=1', 'b=2'], challenge: 'Basic realm="theirs"' });
    const headers = other.requests[0]?.headers;
    expect(headers).toMatchObject({ authorization: 'Bearer mine', cookie: 'a=b', 'x-end': '2', via: '1.1 connectors-proxy' });
    expect([headers?.['x-hop'], headers?.['proxy-authorization'], headers?.['proxy-extra']]).toEqual([undefined, undefined, undefined]);
  });
});
