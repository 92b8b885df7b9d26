import { type IncomingMessage } from 'node:http';
import { LoopbackServer } from '@oci-connector/testing-kit';
import { errorOf, ProxyWorld } from './proxy-world';

const ACCOUNT = { username: 'robot', password: 'correct-horse-battery' };
const BASE = '/namespaces/platform/connectors/service';

/** For Connectors of `spec.protocol: http`: any service that accepts a user name and password. */
describe('an HTTP service behind the proxy', () => {
  let world: ProxyWorld;
  let service: LoopbackServer;
  let requests: { readonly message: IncomingMessage; body: string }[] = [];

  beforeAll(async () => {
    service = await LoopbackServer.start((message, response) => {
      const entry = { message, body: '' };
      requests.push(entry);
      message.on('data', (chunk: Buffer) => (entry.body += chunk.toString()));
      message.on('end', () => {
        const status = Number(/status=(\d+)/.exec(message.url ?? '')?.[1] ?? 200);
        response.writeHead(status, { 'set-cookie': 'sid=1', 'www-authenticate': 'Basic realm="service"' }).end('content');
      });
    });
    world = await ProxyWorld.start();
    world.applyClass('service', { protocol: 'http', livenessProbe: undefined });
    await world.connect({ url: `${service.origin}/base` }, { name: 'service', className: 'service', credential: ACCOUNT });
  });

  beforeEach(() => {
    requests = [];
  });

  afterAll(async () => {
    await world.close();
    await service.close();
  });

  it('gets the unchanged path and the credential, and neither the client’s token nor its cookie', async () => {
    const response = await world.send(`${BASE}/a//b%20c;d?e=f`, { headers: { cookie: 'x=1', accept: 'text/plain' } });
    expect(response.status).toBe(200);
    expect(response.body.toString()).toBe('content');
    expect(response.headers['set-cookie']).toBeUndefined();
    const [request] = requests;
    expect(request?.message.url).toBe('/base/a//b%20c;d?e=f');
    expect(request?.message.headers).toMatchObject({ accept: 'text/plain', via: '1.1 connectors-proxy' });
    expect(request?.message.headers.authorization).toBe(`Basic ${Buffer.from('robot:correct-horse-battery').toString('base64')}`);
    expect(request?.message.headers.cookie).toBeUndefined();
  });

  it('gets a body from a client that may write', async () => {
    expect((await world.send(`${BASE}/a`, { method: 'PUT', body: 'written', as: 'puller' })).status).toBe(403);
    expect(requests).toEqual([]);
    expect((await world.send(`${BASE}/a`, { method: 'PUT', body: 'written' })).status).toBe(200);
    expect(requests[0]?.body).toBe('written');
  });

  it('is also served in host form', async () => {
    expect((await world.send('/x', { host: 'c-service.platform' })).status).toBe(200);
    expect(requests[0]?.message.url).toBe('/base/x');
  });

  it.each([
    ['GET', undefined],
    ['POST', 'a body'],
  ])('403, not 401, when it refuses the credential (%s)', async (method, body) => {
    const response = await world.send(`${BASE}/a?status=401`, { method, body });
    expect({ status: response.status, code: errorOf(response).code }).toEqual({ status: 403, code: 'DENIED' });
    expect(response.headers['www-authenticate']).toBeUndefined();
    // The credential is sent once, because services lock accounts after several refusals.
    expect(requests).toHaveLength(1);
  });

  it.each(['/../x', '/%2e%2e/x', '/a/..%2fx', '/a/..;/x'])('C5 path confusion: 400 for %s', async (path) => {
    const response = await world.send(`${BASE}${path}`);
    expect({ status: response.status, code: errorOf(response).code }).toEqual({ status: 400, code: 'NAME_INVALID' });
    expect(requests).toEqual([]);
  });
});
