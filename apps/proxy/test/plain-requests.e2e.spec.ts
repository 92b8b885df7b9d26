import { connect, type Socket } from 'node:net';
import { until } from '@oci-connector/testing-kit';
import { type FixtureRegistry, startFixtureRegistry } from '@oci-connector/testing-registry';
import { basic, prefix, ProxyWorld } from './proxy-world';
import { rawExchange } from './raw-exchange';

const MANIFEST = `${prefix()}/team/app/manifests/v1`;

describe('requests that the proxy reads without node:http', () => {
  let world: ProxyWorld;
  let registry: FixtureRegistry;
  let login: string;
  const clients: Socket[] = [];

  beforeAll(async () => {
    world = await ProxyWorld.start({ settings: { plainRequests: true, grace: 60_000 } });
    registry = await startFixtureRegistry();
    await world.connect(registry);
    login = `Authorization: ${basic(world.token('pusher'))}`;
  });

  afterEach(() => clients.splice(0).forEach((client) => client.destroy()));

  afterAll(async () => {
    await world.close();
    await registry.close();
  });

  async function read(reader: 'plain' | 'parser'): Promise<number> {
    const text = await (await fetch(`${world.proxy.adminUrl}/metrics`)).text();
    return Number(new RegExp(`^connectors_proxy_request_heads_total\\{reader="${reader}"\\} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
  }

  const head = (request: string, ...lines: string[]): string => [`${request} HTTP/1.1`, 'Host: x', login, ...lines, '', ''].join('\r\n');

  /** A connection, and the statuses that have arrived on it. */
  function open(): { socket: Socket; statuses: () => string[]; text: () => string } {
    let received = '';
    const socket = connect(world.proxy.httpPort, '127.0.0.1').on('error', () => undefined);
    socket.on('data', (piece: Buffer) => (received += piece.toString('latin1')));
    clients.push(socket);
    return {
      socket,
      statuses: () => [...received.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => status ?? ''),
      text: () => received,
    };
  }

  it('are counted, until another request arrives on their connection', async () => {
    const [plain, parsed] = [await read('plain'), await read('parser')];
    const { socket, statuses } = open();
    const content = '{"schemaVersion":2}';
    const requests = [
      head(`HEAD ${MANIFEST}`),
      head(`GET ${prefix()}/team/app/tags/list`),
      head(`PUT ${MANIFEST}`, 'Content-Type: application/vnd.oci.image.manifest.v1+json', `Content-Length: ${content.length}`) + content,
      head(`GET ${MANIFEST}`),
    ];
    for (const [index, request] of requests.entries()) {
      socket.write(request);
      await until(() => statuses().length === index + 1);
    }
    expect(statuses()).toEqual(['404', '404', '201', '200']);
    expect([(await read('plain')) - plain, (await read('parser')) - parsed]).toEqual([2, 2]);
  });

  it('get what requests get that node:http reads', async () => {
    const other = await ProxyWorld.start({ settings: { plainRequests: false } });
    await other.connect(registry);
    const lines = (port: number, path: string, token: string): Promise<string> =>
      rawExchange(port, [`GET ${path} HTTP/1.1`, 'Host: x', `Authorization: ${basic(token)}`, 'Connection: close']);
    const comparable = (text: string): string => text.replace(/^Date: .*$/im, '').replace(/registry-\w+|127\.0\.0\.1:\d+/g, '…');
    try {
      for (const path of [
        '/v2/',
        MANIFEST,
        `${prefix()}/team/app/tags/list`,
        `${prefix()}/team/none/tags/list`,
        '/nowhere',
        `${MANIFEST}?a=%zz`,
      ]) {
        const found = await lines(world.proxy.httpPort, path, world.token('pusher'));
        expect(comparable(found)).toBe(comparable(await lines(other.proxy.httpPort, path, other.token('pusher'))));
        expect(found).toMatch(/^HTTP\/1\.1 \d{3} /);
      }
      expect(await lines(world.proxy.httpPort, MANIFEST, 'x')).toMatch(/^HTTP\/1\.1 401 /);
    } finally {
      await other.close();
    }
  });

  it.each([
    ['no Host', `GET /v2/ HTTP/1.1\r\nA: b\r\n\r\n`],
    ['a Host that is none', `GET /v2/ HTTP/1.1\r\nHost: a b\r\n\r\n`],
  ])('with %s are refused, and nothing behind them is served', async (_name, request) => {
    const { socket, statuses } = open();
    socket.write(request + head(`GET ${MANIFEST}`));
    await until(() => socket.closed);
    expect(statuses()).toEqual(['400']);
  });

  it('may have any form behind each other: each is served, or the last one refused', async () => {
    const { socket, statuses, text } = open();
    socket.write(head('GET /v2/') + head('GET /v2/') + head('GET /v2/', 'Content-Length: 0') + 'GET /v2/ HTTP/1.1\r\nBroken\r\n\r\n');
    await until(() => socket.closed);
    expect(statuses()).toEqual(['200', '200', '200', '400']);
    expect(text()).toContain('the request is not valid HTTP/1.1');
  });

  it('do not keep a connection open during a shutdown', async () => {
    const { socket, statuses } = open();
    const held = registry.faults.add({ kind: 'hold', match: { path: /manifests/ } });
    const idle = open();
    idle.socket.write(head('GET /v2/'));
    socket.write(head(`GET ${MANIFEST}`));
    await until(() => idle.statuses().length === 1 && held.hits === 1);
    const stopped = world.proxy.stop();
    await until(() => idle.socket.closed);
    expect(socket.closed).toBe(false);
    held.release();
    await until(() => socket.closed);
    expect(statuses()).toEqual(['200']);
    await stopped;
  });
});
