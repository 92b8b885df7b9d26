import { connect, type Socket } from 'node:net';
import { systemClock } from '@oci-connector/clock';
import { echo, JumpingClock, RawUpstream, until } from '@oci-connector/testing-kit';
import { basic, CONNECTORS, ProxyWorld } from './proxy-world';

const OK = 'HTTP/1.1 200 OK\r\n';
const EVIL = `${OK}Content-Length: 4\r\n\r\nevil`;
const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n';

/** Much longer than a test takes, so that only the test clock reaches it. In milliseconds. */
const IDLE = 600_000;

type Answer = (socket: Socket, line: string) => void;
const say =
  (text: string): Answer =>
  (socket) =>
    socket.write(text);
const sayAndEnd =
  (text: string): Answer =>
  (socket) =>
    socket.end(text);
const sayAndReset =
  (text: string): Answer =>
  (socket) =>
    socket.write(text, () => socket.resetAndDestroy());

/** Ways in which an upstream can end an exchange. */
const ENDINGS: Readonly<Record<string, Answer>> = {
  'an unrequested 101': say(SWITCH),
  'an unrequested 101 and bytes after it': say(`${SWITCH}\x81\x00${EVIL}`),
  'an unrequested 101 without Upgrade': say('HTTP/1.1 101 Switching Protocols\r\n\r\n'),
  'an unrequested 101 and a response': say(`HTTP/1.1 101 Switching Protocols\r\n\r\n${EVIL}`),
  'an unrequested 101 and the end': sayAndEnd(SWITCH),
  'an unrequested 100': say(`HTTP/1.1 100 Continue\r\n\r\n${EVIL}`),
  'a reset before the head': (socket) => socket.resetAndDestroy(),
  'a reset in the head': sayAndReset('HTTP/1.1 200 OK\r\nContent-Le'),
  'a reset after the head': sayAndReset(`${OK}Content-Length: 5\r\n\r\n`),
  'a reset in the body': sayAndReset(`${OK}Content-Length: 50\r\n\r\nhello`),
  'a reset in the chunks': sayAndReset(`${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`),
  'the end before the head': sayAndEnd(''),
  'the end in the head': sayAndEnd('HTTP/1.1 200 OK\r\nContent-Le'),
  'the end in the body': sayAndEnd(`${OK}Content-Length: 50\r\n\r\nhello`),
  'the end in the chunks': sayAndEnd(`${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`),
  'the end as the end of the body': sayAndEnd(`${OK}\r\nhello`),
  'the end after the response': sayAndEnd(`${OK}Content-Length: 5\r\n\r\nhello`),
  'Connection: close without closing': say(`${OK}Content-Length: 5\r\nConnection: close\r\n\r\nhello`),
  'too many headers': say(`${OK}${'X-A: b\r\n'.repeat(20_000)}\r\n`),
  'a header too long': say(`${OK}X-A: ${'b'.repeat(100_000)}\r\n\r\n`),
  garbage: say('SSH-2.0-OpenSSH_9.2\r\n'),
  'garbage after the response': say(`${OK}Content-Length: 5\r\n\r\nhello\x00\x01garbage`),
  'a response after the response': say(`${OK}Content-Length: 5\r\n\r\nhello${EVIL}`),
  'a length too short': say(`${OK}Content-Length: 2\r\n\r\n${EVIL}`),
  'two lengths': say(`${OK}Content-Length: 2\r\nContent-Length: 4\r\n\r\n${EVIL}`),
  'length and chunks': say(`${OK}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${EVIL}`),
  'a chunk of no size': say(`${OK}Transfer-Encoding: chunked\r\n\r\nzz\r\n`),
  trailers: say(`${OK}Transfer-Encoding: chunked\r\nTrailer: x-a\r\n\r\n5\r\nhello\r\n0\r\nX-A: b\r\n\r\n`),
  'a body after 204': say(`HTTP/1.1 204 No Content\r\nContent-Length: ${EVIL.length}\r\n\r\n${EVIL}`),
  'a body after 304': say(`HTTP/1.1 304 Not Modified\r\nContent-Length: ${EVIL.length}\r\n\r\n${EVIL}`),
  'a login': say('HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm="x"\r\nContent-Length: 5\r\n\r\nhello'),
  'a login, then silence': say('HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm="x"\r\nContent-Length: 5\r\n\r\nhe'),
  'an impossible status': say('HTTP/1.1 999 Odd\r\nContent-Length: 5\r\n\r\nhello'),
  'endless redirects': (socket, line) =>
    socket.write(`HTTP/1.1 302 Found\r\nLocation: ${line.split(' ')[1] ?? ''}x\r\nContent-Length: 5\r\n\r\nhello`),
  'a redirect to a place that is refused': say(
    'HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/x\r\nContent-Length: 5\r\n\r\nhello',
  ),
  'a redirect to nowhere': say('HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/x\r\nContent-Length: 5\r\n\r\nhello'),
  'a redirect without a place': say('HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n'),
};

/** Ways in which an upstream can leave an exchange without an end. */
const SILENCES: Readonly<Record<string, Answer>> = {
  'a 429, then silence': say('HTTP/1.1 429 Slow\r\nRetry-After: 0\r\nContent-Length: 5\r\n\r\nhe'),
  'a redirect, then silence': say('HTTP/1.1 302 Found\r\nLocation: /v2/elsewhere\r\nContent-Length: 5\r\n\r\nhe'),
  'only informational responses': say('HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n'),
  silence: () => undefined,
  'silence in the head': say('HTTP/1.1 200 OK\r\nContent-Le'),
  'silence in the body': say(`${OK}Content-Length: 50\r\n\r\nhello`),
  'silence in the chunks': say(`${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhe`),
  'silence in a body that ends with the connection': say(`${OK}\r\nhello`),
  'endless trailers': say(`${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-A: b\r\n`),
  'a list beyond the limit': say(`${OK}Content-Length: 99999999\r\n\r\n${'x'.repeat(100_000)}`),
};

const REQUESTS = [
  { what: 'GET', method: 'GET', body: undefined },
  { what: 'HEAD', method: 'HEAD', body: undefined },
  { what: 'PUT', method: 'PUT', body: '5\r\nhello\r\n0\r\n\r\n' },
  { what: 'PUT whose body is still arriving', method: 'PUT', body: '5\r\nhe' },
];

/** The test moves it forward to make silences longer. The age of tokens does not depend on it. */
class SilenceClock extends JumpingClock {
  override now(): number {
    return systemClock.now();
  }
}

/** A list of tags, which the proxy parses. */
const LIST = '{"name":"app","tags":[]}';

describe.each([
  { connector: 'registry', bodyRelay: true, requests: REQUESTS.filter(({ method, body }) => method === 'GET' || body === '5\r\nhe') },
  { connector: 'service', bodyRelay: true, requests: REQUESTS },
  { connector: 'service', bodyRelay: false, requests: REQUESTS.filter(({ method }) => method !== 'HEAD') },
])('an upstream of the Connector $connector, with bodyRelay $bodyRelay', ({ connector, bodyRelay, requests }) => {
  const base = `/namespaces/${CONNECTORS}/connectors`;
  const clock = new SilenceClock();
  let world: ProxyWorld;
  let upstream: RawUpstream;
  let other: RawUpstream;
  let ending: Answer = () => undefined;
  /** Whether the upstream has sent the ending. */
  let met = false;
  let client: Socket | undefined;

  beforeAll(async () => {
    // One transfer for each Connector: if a transfer is not ended, the next request is refused, on this Connector and on the other.
    world = await ProxyWorld.start({
      clock,
      settings: {
        maxTransfersPerClient: 1,
        maxTransfersPerConnector: 1,
        idleTimeout: IDLE,
        bodyRelay,
        pushRelay: bodyRelay,
        plainRequests: bodyRelay,
      },
    });
    upstream = await RawUpstream.start();
    other = await RawUpstream.start();
    world.applyClass('http', { protocol: 'http', livenessProbe: undefined });
    await world.connect(upstream, { name: connector, ...(connector === 'service' && { className: 'http' }) });
    await world.connect(other, { name: 'other', className: 'http' });
    const end = (line: string, socket: Socket): void => {
      met = true;
      ending(socket, line);
    };
    upstream.onHead = end;
    upstream.answer = (request, socket) => {
      if (/ending|elsewhere/.test(request.line)) {
        end(request.line, socket);
      } else if (connector === 'service') {
        echo(request, socket);
      } else {
        socket.write(`${OK}Content-Type: application/json\r\nContent-Length: ${LIST.length}\r\n\r\n${LIST}`);
      }
    };
  });

  beforeEach(() => upstream.clear());

  afterEach(() => {
    client?.destroy();
  });

  afterAll(async () => {
    await world.close();
    await Promise.all([upstream.close(), other.close()]);
  });

  /** Sends the request of a client, and waits until the upstream has sent the ending. */
  async function meet(method: string, body: string | undefined): Promise<Socket> {
    met = false;
    const framing = body === undefined ? '' : 'Transfer-Encoding: chunked\r\n';
    const head = [
      `${method} ${base}/${connector}/v2/app/manifests/ending HTTP/1.1`,
      'Host: a',
      `Authorization: ${basic(world.token('admin'))}`,
    ];
    client = connect(world.proxy.httpPort, '127.0.0.1');
    client.on('error', () => undefined).resume();
    client.write(`${head.join('\r\n')}\r\n${framing}\r\n${body ?? ''}`);
    await until(() => met);
    return client;
  }

  async function underWay(): Promise<number> {
    const text = await (await fetch(`${world.proxy.adminUrl}/metrics`)).text();
    return Number(/connectors_proxy_transfers_in_flight (\d+)/.exec(text)?.[1]);
  }

  /** Expects that no transfer is running, that new requests are served, and that none gets bytes of an earlier response. */
  async function expectNothingLeft(): Promise<void> {
    await until(async () => (await underWay()) === 0);
    for (const path of [`/${connector}/v2/app/tags/list?n=1`, '/other/x', `/${connector}/v2/app/tags/list?n=2`]) {
      const { status, body } = await world.send(base + path, { as: 'admin' });
      expect(status).toBe(200);
      expect(body.toString()).toBe(path.startsWith('/registry') ? LIST : path.replace(/^\/\w+/, ''));
    }
    expect(upstream.violations).toEqual([]);
  }

  // The proxy caches a registry's challenge, so these endings would change the next request.
  const endings = Object.keys(ENDINGS).filter((name) => connector === 'service' || !name.startsWith('a login'));

  it.each(endings.flatMap((name) => requests.map((request) => ({ name, ...request }))))(
    'that ends with $name frees its transfer, and its bytes are never read as another response: $what',
    async ({ name, method, body }) => {
      ending = ENDINGS[name] ?? ending;
      await meet(method, body);
      await expectNothingLeft();
    },
  );

  const silences = Object.keys(SILENCES).flatMap((name) => requests.map((request) => ({ name, ...request })));

  it.each(silences)('that stops with $name frees its transfer when the client disconnects: $what', async ({ name, method, body }) => {
    ending = SILENCES[name] ?? ending;
    (await meet(method, body)).destroy();
    await expectNothingLeft();
  });

  it.each(silences.filter(({ what }) => what === 'GET'))(
    'that stops with $name frees its transfer after the idle limit',
    async ({ name, method, body }) => {
      ending = SILENCES[name] ?? ending;
      await meet(method, body);
      await until(async () => {
        // Jumps again if the response began only after the first jump.
        clock.jump(IDLE);
        return (await underWay()) === 0;
      });
      await expectNothingLeft();
    },
  );

  it('keeps no connection after its Connector was deleted, in any state of the connection', async () => {
    world.kube.delete({ apiVersion: 'connectors.alauda.io/v1alpha1', kind: 'Connector', namespace: CONNECTORS, name: connector });
    await until(() => upstream.open.size === 0);
  });
});
