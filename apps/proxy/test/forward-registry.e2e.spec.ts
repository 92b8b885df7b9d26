import { randomBytes } from 'node:crypto';
import { type Socket } from 'node:net';
import { until } from '@oci-connector/testing-kit';
import { aBlob, type FixtureRegistry } from '@oci-connector/testing-registry';
import { ForwardWorld, PORTS, sendOn } from './forward-world';
import { CONNECTORS } from './proxy-world';

const HOST = 'registry.example';

/** What clients of a registry do through a tunnel, with the registry's own names. */
describe('through a tunnel to a registry', () => {
  let forward: ForwardWorld;
  let registry: FixtureRegistry;
  let hub: FixtureRegistry;
  let plain: FixtureRegistry;
  let authority: string;

  beforeAll(async () => {
    forward = await ForwardWorld.start();
    registry = await forward.addRegistry(HOST);
    authority = `${HOST}:${registry.port}`;
    await forward.connect(`https://${authority}`);
    await forward.connect(`https://${authority}/team`, { name: 'team' });
    hub = await forward.addRegistry('hub.example');
    forward.names['mirror.example'] = ['127.0.0.1'];
    await forward.connect('https://elsewhere.example', {
      name: 'extended',
      addressExtensions: [{ name: 'hub', value: `https://hub.example:${hub.port}` }],
    });
    plain = await forward.addRegistry('plain.example', { tls: false });
    await forward.connect(`http://plain.example:${plain.port}`, { name: 'plain' });
    await forward.connect('https://docker.io', { name: 'docker-hub' });
  });

  beforeEach(() => {
    registry.clearRequests();
    forward.lookups.length = 0;
  });

  afterEach(() => {
    forward.closeSockets();
    Object.assign(registry.quirks, {
      uploadLocation: undefined,
      blobRedirect: undefined,
      contentLocation: undefined,
      pageSize: undefined,
      extraTags: undefined,
    });
  });

  afterAll(() => forward.close());

  const named = (...names: string[]): string => names.map((name) => `${CONNECTORS}/${name}`).join(',');

  const ask = (
    socket: Socket,
    method: string,
    path: string,
    options: { body?: Buffer; headers?: Record<string, string>; host?: string } = {},
  ): ReturnType<typeof sendOn> =>
    sendOn(socket, {
      method,
      path,
      body: options.body,
      headers: { host: options.host ?? authority, 'content-length': String(options.body?.length ?? 0), ...options.headers },
    });

  const errorCode = (body: string): string | undefined => (JSON.parse(body) as { errors: { code: string }[] }).errors[0]?.code;

  async function upload(socket: Socket, repository: string, content = randomBytes(1_000)): Promise<string> {
    const { digest } = aBlob(content);
    const begun = await ask(socket, 'POST', `/v2/${repository}/blobs/uploads/`);
    expect(begun.status).toBe(202);
    const location = begun.headers.location ?? '';
    const headers = { 'content-type': 'application/octet-stream' };
    const ended = await ask(socket, 'PUT', `${location}${location.includes('?') ? '&' : '?'}digest=${digest}`, { body: content, headers });
    expect(ended.status).toBe(201);
    expect(ended.headers.location).toBe(`/v2/${repository}/blobs/${digest}`);
    return digest;
  }

  it.each(['relative', 'absolute', 'absolute-http', 'outside-v2', 'other-host'] as const)(
    'C2 credentials over Location: an upload with the Location %s stays on the host of the Connector',
    async (uploadLocation) => {
      registry.quirks.uploadLocation = uploadLocation;
      const socket = await forward.tunnel(authority, { as: 'pusher' });
      const begun = await ask(socket, 'POST', '/v2/team/app/blobs/uploads/');
      expect(begun.headers.location).toMatch(/^\/v2\/team\/app\/blobs\/uploads\/[^/]+$/);
      const digest = await upload(socket, 'team/app');
      expect((await ask(socket, 'HEAD', `/v2/team/app/blobs/${digest}`)).status).toBe(200);
      const [atOther] = registry.requests.filter(({ server, method }) => server !== 'registry' && method === 'PUT');
      expect(uploadLocation === 'other-host' ? [atOther?.headers.authorization, atOther?.status] : []).toEqual(
        uploadLocation === 'other-host' ? [undefined, 201] : [],
      );
    },
  );

  it.each(PORTS)('a redirect of a blob is followed by the proxy, without the credential (%s port, C2)', async (port) => {
    const socket = await forward.tunnel(authority, { as: 'pusher', port });
    const content = randomBytes(100_000);
    const digest = await upload(socket, 'team/app', content);
    registry.quirks.blobRedirect = { status: 307 };
    registry.clearRequests();
    const answer = await ask(socket, 'GET', `/v2/team/app/blobs/${digest}`);
    expect({ status: answer.status, location: answer.headers.location, length: answer.headers['content-length'] }).toEqual({
      status: 200,
      location: undefined,
      length: '100000',
    });
    const elsewhere = registry.requests.filter(({ server }) => server === 'cdn');
    expect(elsewhere.map(({ headers }) => headers.authorization)).toEqual([undefined]);
  });

  it('lists of tags and their next pages have the names of the registry, also with a prefix in the address', async () => {
    const socket = await forward.tunnel(authority, { as: 'pusher', user: named('team') });
    await upload(socket, 'team/list');
    registry.quirks.extraTags = 5;
    registry.quirks.pageSize = 2;
    registry.quirks.contentLocation = 'absolute';
    let path = '/v2/team/list/tags/list';
    const tags: string[] = [];
    for (let page = 0; page < 3; page += 1) {
      const answer = await ask(socket, 'GET', path);
      const { name, tags: some } = JSON.parse(answer.body) as { name: string; tags: string[] };
      expect({ status: answer.status, name }).toEqual({ status: 200, name: 'team/list' });
      tags.push(...some);
      path = /^<(\/v2\/team\/list\/tags\/list[^>]*)>/.exec(String(answer.headers.link))?.[1] ?? 'none';
    }
    expect(tags).toHaveLength(5);
    expect(path).toBe('none');
  });

  it.each([
    ['/v2/team', 'GET', 404],
    ['/v2/team/tags/list', 'GET', 403],
    ['/v2/teams/app/tags/list', 'GET', 403],
    ['/v2/team-a/app/tags/list', 'GET', 403],
    ['/v2/other/app/manifests/v1', 'GET', 403],
    ['/v2/other/app/blobs/uploads/', 'POST', 403],
    ['/v2/_catalog', 'GET', 404],
    ['/admin', 'GET', 404],
    ['/service/token?scope=repository:team/app:push', 'GET', 404],
    ['/v1/search', 'GET', 404],
    ['/', 'GET', 404],
    ['/?x', 'GET', 404],
    ['/harbor/', 'GET', 404],
    ['/api//x', 'GET', 404],
    ['/V2/team/app/tags/list', 'GET', 404],
    ['//v2/team/app/tags/list', 'GET', 404],
    ['/x/../v2/team/app/tags/list', 'GET', 404],
    ['/%2e%2e/v2/team/app/tags/list', 'GET', 404],
    ['/v2/team/../other/app/tags/list', 'GET', 400],
    ['/v2/team/%2e%2e/other/tags/list', 'GET', 400],
    ['/v2/team//app/tags/list', 'GET', 400],
    ['/v2/team/app\\..\\x/tags/list', 'GET', 400],
  ])('C5 path confusion: %s is outside of an address with a prefix: %s gets %i, and nothing is sent on', async (path, method, status) => {
    const socket = await forward.tunnel(authority, { as: 'pusher', user: named('team') });
    const answer = await ask(socket, method, path);
    const codes: Readonly<Record<number, string>> = { 400: 'NAME_INVALID', 403: 'DENIED', 404: 'UNSUPPORTED' };
    expect([answer.status, errorCode(answer.body)]).toEqual([status, codes[status]]);
    expect(registry.requests).toEqual([]);
  });

  it('the client is not offered a token server: /v2/ answers 200 without a challenge', async () => {
    for (const user of [named('registry'), named('team')]) {
      const answer = await ask(await forward.tunnel(authority, { user }), 'GET', '/v2/');
      expect([answer.status, answer.headers['www-authenticate']]).toEqual([200, undefined]);
    }
  });

  it('the first Connector of the login that contains the repository is used', async () => {
    const socket = await forward.tunnel(authority, { user: named('team', 'registry') });
    for (const repository of ['team/first', 'other/first']) {
      expect((await ask(socket, 'GET', `/v2/${repository}/manifests/absent`)).status).toBe(404);
    }
    const used = (): unknown[] =>
      forward.world.accesses.filter(({ repository }) => String(repository).endsWith('/first')).map(({ connector }) => connector);
    await until(() => used().length === 2);
    expect(used()).toEqual([`${CONNECTORS}/team`, `${CONNECTORS}/registry`]);
  });

  it('C4 cross-tenant mount: from outside of the prefix it is a plain upload, from inside a mount', async () => {
    const whole = await forward.tunnel(authority, { as: 'pusher' });
    const [inside, outside] = [await upload(whole, 'team/base'), await upload(whole, 'other/base')];
    const socket = await forward.tunnel(authority, { as: 'pusher', user: named('team') });
    registry.clearRequests();
    const mounted = await ask(socket, 'POST', `/v2/team/new/blobs/uploads/?mount=${inside}&from=team/base`);
    const refused = await ask(socket, 'POST', `/v2/team/new/blobs/uploads/?mount=${outside}&from=other/base`);
    const traversal = await ask(socket, 'POST', `/v2/team/new/blobs/uploads/?mount=${outside}&from=teams/base`);
    expect([mounted.status, mounted.headers.location, refused.status, traversal.status]).toEqual([
      201,
      `/v2/team/new/blobs/${inside}`,
      202,
      202,
    ]);
    const queries = registry.requests
      .filter(({ method, path }) => method === 'POST' && path.endsWith('/uploads/'))
      .map(({ query }) => query);
    expect(queries.filter((query) => query.includes('other') || query.includes('teams'))).toEqual([]);
    expect(queries.filter((query) => query.includes('from=team%2Fbase') || query.includes('from=team/base'))).toHaveLength(1);
  });

  it("an extension of a Connector's address is intercepted, with the credential", async () => {
    hub.clearRequests();
    const to = `hub.example:${hub.port}`;
    const socket = await forward.tunnel(to, { user: named('extended') });
    expect((await ask(socket, 'GET', '/v2/team/app/manifests/absent', { host: to })).status).toBe(404);
    expect(hub.requests.some(({ path, headers }) => path.includes('/manifests/') && headers.authorization?.startsWith('Bearer '))).toBe(
      true,
    );
  });

  it.each(['docker.io', 'index.docker.io', 'registry-1.docker.io'])(
    '%s is Docker Hub, under the name that the client uses',
    async (name) => {
      forward.names['registry-1.docker.io'] = ['127.0.0.1'];
      const socket = await forward.tunnel(`${name}:443`, { user: named('docker-hub') });
      // Nothing listens there; the name that was looked up tells where the request would go.
      expect((await ask(socket, 'GET', '/v2/alpine/manifests/latest', { host: name })).status).toBe(502);
      expect(new Set(forward.lookups)).toEqual(new Set(['registry-1.docker.io']));
    },
  );

  it.each(PORTS)('an http registry is served in a plain tunnel and by absolute URLs (%s port)', async (port) => {
    const to = `plain.example:${plain.port}`;
    plain.clearRequests();
    const socket = await forward.plainTunnel(to, { port, user: named('plain') });
    expect((await ask(socket, 'GET', '/v2/', { host: to })).status).toBe(200);
    expect((await ask(socket, 'GET', '/v2/team/app/manifests/absent', { host: to })).status).toBe(404);
    const answer = await forward.sendAbsolute(`http://${to}/v2/team/app/manifests/absent`, { port, user: named('plain') });
    expect(answer.status).toBe(404);
    const asked = plain.requests.filter(({ path }) => path.includes('/manifests/'));
    expect(
      asked.map(({ headers }) => [headers.authorization?.startsWith('Bearer '), headers['proxy-authorization'], headers.host]),
    ).toEqual([1, 2].map(() => [true, undefined, to]));
  });

  it.each(PORTS)('an https registry is not served by http URLs: 400 says to use https (%s port)', async (port) => {
    const answer = await forward.sendAbsolute(`http://${authority}/v2/`, { port });
    expect({ status: answer.status, body: answer.body }).toEqual({
      status: 400,
      body: expect.stringContaining(`https://${authority}`) as string,
    });
    expect(registry.requests).toEqual([]);
  });
});
