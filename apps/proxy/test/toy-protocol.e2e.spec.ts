import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Protocol } from '@oci-connector/connector-api';
import { crdsWithProtocol, RawUpstream, until } from '@oci-connector/testing-kit';
import { prefix, ProxyWorld } from './proxy-world';
import { ToyHandler } from './toy/toy-handler';

const CRDS = join(__dirname, '../../../deploy/chart/crds');
const ACCOUNT = { username: 'robot', password: 'correct-horse-battery' };
const BASE = '/namespaces/platform/connectors/toys';

/** A protocol is one folder, `toy/`, and one line in a registry. No other part of the proxy contains its name. */
describe('a protocol that is added in one folder and one line', () => {
  let crds: string;
  let world: ProxyWorld;
  let upstream: RawUpstream;

  beforeAll(async () => {
    crds = crdsWithProtocol(CRDS, 'toy');
    upstream = await RawUpstream.start();
    world = await ProxyWorld.start({ kube: { crds: [crds] }, protocols: { toy: new ToyHandler() } });
    world.applyClass('toy', { protocol: 'toy' as Protocol, livenessProbe: undefined });
    await world.connect({ url: upstream.url }, { name: 'toys', className: 'toy', credential: ACCOUNT });
  });

  beforeEach(() => {
    upstream.requests.splice(0);
  });

  afterAll(async () => {
    await world.close();
    await upstream.close();
    rmSync(crds, { recursive: true });
  });

  it('plans the request, logs in, forwards the headers that it lists, and rewrites the response', async () => {
    const response = await world.send(`${BASE}/things/ball`, { headers: { 'x-toy': 'red', accept: 'text/plain', cookie: 'x=1' } });
    expect({ status: response.status, body: response.body.toString(), seen: response.headers['x-toy-seen'] }).toEqual({
      status: 200,
      body: '/toys/things/ball',
      seen: 'yes',
    });
    const [request] = upstream.requests;
    expect(request?.line).toBe('GET /toys/things/ball HTTP/1.1');
    expect(request?.head).toContain(`authorization: Basic ${Buffer.from(`${ACCOUNT.username}:${ACCOUNT.password}`).toString('base64')}`);
    expect(request?.head).toMatch(/x-toy: red[^]*x-toy-protocol: 1/);
    expect(request?.head).not.toMatch(/accept:|cookie:/i);
    await until(() => world.accesses.some(({ route, action }) => route === '/things/{name}' && action === 'pull'));
  });

  it('streams a body', async () => {
    expect((await world.send(`${BASE}/things/ball`, { method: 'PUT', body: 'round' })).status).toBe(200);
    expect(upstream.requests.map(({ line, body }) => ({ line, body }))).toEqual([
      { line: 'PUT /toys/things/ball HTTP/1.1', body: 'round' },
    ]);
  });

  it('decides which verb a path requires, and the body of an error', async () => {
    expect((await world.send(`${BASE}/things/ball/secret`, { as: 'puller' })).status).toBe(403);
    expect((await world.send(`${BASE}/things/ball/secret`)).status).toBe(200);
    const refused = await world.send(`${BASE}/things/NONE`);
    expect({ status: refused.status, type: refused.headers['content-type'], body: refused.body.toString() }).toEqual({
      status: 400,
      type: 'text/plain',
      body: 'toy 400: the name of a thing may contain only lower-case letters',
    });
    expect(upstream.requests).toHaveLength(1);
  });

  it('answers its ping for every client with a token', async () => {
    expect((await world.send('/toy-ping', { as: null })).status).toBe(401);
    const pong = await world.send('/toy-ping', { as: 'stranger' });
    expect({ status: pong.status, body: pong.body.toString(), version: pong.headers['x-toy-version'] }).toEqual({
      status: 200,
      body: 'toy',
      version: '1',
    });
    expect(upstream.requests).toEqual([]);
  });

  it('changes nothing for other protocols', async () => {
    expect((await world.send('/v2/')).status).toBe(200);
    expect((await world.send(`${prefix('toys')}/x/manifests/latest`)).status).toBe(400);
    expect(upstream.requests).toEqual([]);
  });
});
