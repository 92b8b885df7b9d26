import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { errorOf, ProxyWorld } from './proxy-world';

const INVALID = /no valid HTTP answer|the response is not HTTP\/1\.1/;

/** Bytes that the upstream sends for `…/NAME`, and the message that clients get instead. */
const REFUSED: readonly [name: string, response: string, message: RegExp][] = [
  ['gzip-chunked', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n', /transfer coding/],
  ['long-length', 'HTTP/1.1 200 OK\r\nContent-Length: 9007199254740993\r\n\r\nabc', /Content-Length/],
  ['word-length', 'HTTP/1.1 200 OK\r\nContent-Length: 3x\r\n\r\nabc', INVALID],
  ['negative-length', 'HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\nabc', INVALID],
  ['two-lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc', INVALID],
  ['length-and-chunks', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', INVALID],
  ['proxy-login', 'HTTP/1.1 407 Proxy\r\nProxy-Authenticate: Basic realm="x"\r\nContent-Length: 0\r\n\r\n', /407/],
  ['nine', 'HTTP/1.1 999 Denied\r\nContent-Length: 0\r\n\r\n', /status 999/],
  ['no-class', 'HTTP/1.1 600 Odd\r\nContent-Length: 0\r\n\r\n', /status 600/],
  ['no-number', 'HTTP/1.1 abc OK\r\nContent-Length: 0\r\n\r\n', INVALID],
  ['no-status', 'HTTP/1.1 \r\nContent-Length: 0\r\n\r\n', INVALID],
  ['zero', 'HTTP/1.1 000 OK\r\nContent-Length: 0\r\n\r\n', INVALID],
  ['ninety-nine', 'HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n', INVALID],
  ['two-digits', 'HTTP/1.1 99 OK\r\nContent-Length: 0\r\n\r\n', INVALID],
  ['thousand', 'HTTP/1.1 1000 OK\r\nContent-Length: 0\r\n\r\n', INVALID],
  ['negative', 'HTTP/1.1 -200 OK\r\nContent-Length: 0\r\n\r\n', INVALID],
  ['upgrade', 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n', /answered 101/],
  ['bare-upgrade', 'HTTP/1.1 101 Switching Protocols\r\n\r\n', /answered 101/],
];

const WITHOUT_BODY: readonly [name: string, status: number, response: string][] = [
  ['204', 204, 'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello'],
  ['304', 304, 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nhello'],
  ['304 with the length of the body', 304, 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n'],
];

const GOOD = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const BAD_RESPONSES = new Map(REFUSED.map(([name, response]) => [name, response]));

describe.each([
  ['registry', '/v2', true],
  ['service', '', true],
  ['registry', '/v2', false],
])('an odd response of a %s', (connector, api, bodyRelay) => {
  let world: ProxyWorld;
  let upstream: Server;
  /** The response to `…/bodiless`. */
  let bodiless: string;

  beforeAll(async () => {
    world = await ProxyWorld.start({ settings: { bodyRelay } });
    upstream = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (chunk: Buffer) => {
        const name = /\/([a-z0-9-]+) HTTP/.exec(chunk.toString('latin1'))?.[1] ?? '';
        socket.write(name === 'bodiless' ? bodiless : (BAD_RESPONSES.get(name) ?? GOOD));
      });
    }).listen(0, '127.0.0.1');
    await once(upstream, 'listening');
    const { port } = upstream.address() as AddressInfo;
    world.applyClass('http', { protocol: 'http', livenessProbe: undefined });
    await world.connect({ url: `http://127.0.0.1:${port}` }, { name: 'registry' });
    await world.connect({ url: `http://127.0.0.1:${port}` }, { name: 'service', className: 'http' });
  });

  afterAll(async () => {
    await world.close();
    upstream.close();
  });

  const path = (name: string): string => `/namespaces/platform/connectors/${connector}${api}/app/manifests/${name}`;

  it.each(REFUSED)('502 for %s', async (name, _response, message) => {
    const response = await world.send(path(name));
    expect({ status: response.status, ...errorOf(response) }).toEqual({
      status: 502,
      code: 'UNKNOWN',
      message: expect.stringMatching(message) as string,
    });
    expect(response.headers['proxy-authenticate']).toBeUndefined();
  });

  it.each(WITHOUT_BODY)('%s arrives without a body, and nobody else gets that body', async (_name, status, upstreamResponse) => {
    bodiless = upstreamResponse;
    const response = await world.send(path('bodiless'));
    expect([response.status, response.body.toString(), response.headers['content-length']]).toEqual([
      status,
      '',
      status === 304 ? '5' : undefined,
    ]);
    for (let request = 0; request < 3; request++) {
      const next = await world.send(path('good'));
      expect([next.status, next.body.toString()]).toEqual([200, 'ok']);
    }
  });
});
