import { sendRequest, until } from '@oci-connector/testing-kit';
import { type FixtureRegistry } from '@oci-connector/testing-registry';
import { ForwardWorld, LOGIN, openTunnel, PORTS, sendOn } from './forward-world';
import { CONNECTORS } from './proxy-world';

const HOST = 'registry.example';

/** The rules of docs/security-rules.md that the other specs of the forward proxy do not try. */
describe('a client of the forward proxy', () => {
  let forward: ForwardWorld;
  let registry: FixtureRegistry;
  let authority: string;

  beforeAll(async () => {
    forward = await ForwardWorld.start();
    registry = await forward.addRegistry(HOST);
    authority = `${HOST}:${registry.port}`;
    await forward.connect(`https://${authority}`);
  });

  beforeEach(() => registry.clearRequests());

  afterEach(() => forward.closeSockets());

  afterAll(() => forward.close());

  const get = (socket: Parameters<typeof sendOn>[0], headers: Record<string, string> = {}): ReturnType<typeof sendOn> =>
    sendOn(socket, { path: '/v2/team/app/tags/list', headers: { host: authority, ...headers } });

  it('C1 realm exfiltration: a token server on another origin gets nothing, and 424 says so', async () => {
    const foreign = await forward.addRegistry('foreign.example', { auth: { mode: 'token', realm: 'other-origin', accounts: [LOGIN] } });
    const to = `foreign.example:${foreign.port}`;
    await forward.connect(`https://${to}`, { name: 'foreign' });
    const socket = await forward.tunnel(to, { user: `${CONNECTORS}/foreign` });
    const answer = await sendOn(socket, { path: '/v2/team/app/tags/list', headers: { host: to } });
    expect([answer.status, answer.body.includes('spec.auth.trustedRealms'), answer.headers['www-authenticate']]).toEqual([
      424,
      true,
      undefined,
    ]);
    expect(foreign.requests.filter(({ server }) => server !== 'registry')).toEqual([]);
  });

  it("C7 header trust: only allowed headers go upstream, the proxy's own last", async () => {
    const own = {
      accept: 'application/json',
      'user-agent': 'test/1',
      'x-forwarded-for': '10.0.0.1',
      forwarded: 'for=10.0.0.1',
      cookie: 'sid=1',
      authorization: 'Bearer of-the-client',
      'proxy-authorization': 'Basic eDp5',
      'proxy-connection': 'keep-alive',
      'x-anything': '1',
      connection: 'authorization, via, host, keep-alive',
      te: 'trailers',
      via: '1.1 squid',
    };
    await get(await forward.tunnel(authority), own);
    const { headers } = registry.requests.at(-1) ?? {};
    expect(headers).toEqual({
      host: authority,
      connection: 'keep-alive',
      accept: 'application/json',
      'accept-encoding': 'identity',
      'user-agent': 'test/1',
      via: '1.1 squid, 1.1 connectors-proxy',
      authorization: expect.stringMatching(/^Bearer (?!of-the-client)/) as string,
    });
  });

  it('C10 fail-open: 503 for CONNECT and in an open tunnel when reviews are answered with an error, never a tunnel', async () => {
    const socket = await forward.tunnel(authority, { as: 'pusher' });
    registry.clearRequests();
    forward.world.kube.faults.failNext(Infinity, { status: 500, match: { resource: 'subjectaccessreviews' } });
    // The tunnel was opened with the verb `get`; this one has not been reviewed yet.
    const inside = await sendOn(socket, {
      method: 'POST',
      path: '/v2/team/app/blobs/uploads/',
      headers: { host: authority, 'content-length': '0' },
    });
    const opened = await openTunnel(await forward.dial(), authority, forward.login({ as: 'admin', user: `${CONNECTORS}/other` }));
    forward.world.kube.faults.clear();
    for (const { status, headers, body } of [inside, opened]) {
      expect([status, headers['retry-after']]).toEqual([503, '1']);
      expect(body).toContain('the Kubernetes API does not respond');
    }
    expect(registry.requests).toEqual([]);
  });

  it('C14 log leakage: no token, login or URL of a tunnel is in the log, in errors or in the metrics', async () => {
    const token = forward.world.token('pusher');
    const login = forward.login({ token });
    const socket = await forward.tunnel(authority, { token });
    await sendOn(socket, { path: '/v2/team/app/tags/list?n=1&secret-query=1', headers: { host: authority, 'x-secret': 'tell-nobody' } });
    const refused = [
      await openTunnel(await forward.dial(), '10.0.0.1:443', login),
      await openTunnel(await forward.dial(), 'user:secret-in-target@registry.example:443', login),
      await openTunnel(await forward.dial(), authority, { 'proxy-authorization': `${login['proxy-authorization'] ?? ''}!` }),
    ];
    const relayed = await forward.sendAbsolute('http://10.0.0.1/secret-path?secret-query=1', { token });
    await until(() => forward.world.accesses.some(({ action, code }) => action === 'relay' && code === 'HostNotAllowed'));
    const { body: metrics } = await sendRequest(`${forward.world.proxy.adminUrl}/metrics`);
    const texts = [forward.world.log, metrics.toString(), relayed.body, ...refused.flatMap(({ body, reason }) => [body, reason])];
    const secrets = [
      token,
      token.split('.')[2] ?? token,
      (login['proxy-authorization'] ?? '').replace('Basic ', ''),
      LOGIN.password,
      'tell-nobody',
      'secret-query',
      'secret-path',
      'secret-in-target',
    ];
    expect(secrets.filter((secret) => texts.some((text) => text.includes(secret)))).toEqual([]);
  });

  it.each(PORTS)('C14 log leakage: a host name that is longer than any is 400, and in no log line (%s port)', async (port) => {
    const name = `${'a'.repeat(60)}.`.repeat(800);
    const authorization = `proxy-authorization: ${forward.login()['proxy-authorization'] ?? ''}`;
    for (const login of ['x-no: login', authorization]) {
      for (const target of [`CONNECT ${name}:443`, `GET http://${name}/`]) {
        const host = target.startsWith('CONNECT') ? 'x' : HOST;
        const text = await forward.exchange(await forward.dial(port), `${target} HTTP/1.1\r\nhost: ${host}\r\n${login}\r\n\r\n`);
        expect(text).toMatch(/^HTTP\/1\.1 400 /);
        expect(text.length).toBeLessThan(1_000);
      }
    }
    expect(forward.world.log.split('\n').filter((line) => line.includes(name.slice(0, 300)))).toEqual([]);
  });
});
