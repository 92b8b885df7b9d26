import { once } from 'node:events';
import { IncomingMessage, ServerResponse } from 'node:http';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';
import { TestCertificateAuthority, until } from '@oci-connector/testing-kit';
import { REVERSE_LOGIN } from '../naming/client-login';
import { type ProxyError } from '../proxy.errors';
import { type ConnectionSlot, HttpConnections, type HttpConnectionsOptions } from './http-connections';

/** Records the calls of its methods. */
class Slot implements ConnectionSlot {
  readonly told: string[] = [];
  isKnown = false;

  begin(): void {
    this.told.push('begin');
  }

  end(): void {
    this.told.push('end');
  }

  trust(): void {
    this.isKnown = true;
  }

  close(reason: string): void {
    this.told.push(reason);
  }

  secure(): void {
    this.told.push('secure');
  }
}

const way = { login: REVERSE_LOGIN, handle: () => Promise.resolve() };

function isResponse(response: unknown): response is ServerResponse {
  return response instanceof ServerResponse;
}

describe('HttpConnections', () => {
  let connections: HttpConnections;
  let servers: Server[];
  let slots: Slot[];
  let served: string[];
  let rejected: string[];
  let onRequest: (response: ServerResponse, request: IncomingMessage, accepted: () => void) => void;
  const clients: Socket[] = [];

  function start(options: Partial<HttpConnectionsOptions> = {}): void {
    servers = [];
    slots = [];
    served = [];
    rejected = [];
    onRequest = (response, { method }) => response.end(`${method ?? ''} answered`);
    connections = new HttpConnections({
      headersTimeout: 60_000,
      keepAlive: 60_000,
      strangerIdleMs: 60_000,
      serve: {
        serve: (request, response, { authenticated }) => {
          served.push(`${request.method ?? ''} ${request.url ?? ''}`);
          // `node:http` reads all requests here.
          if (isResponse(response) && request instanceof IncomingMessage) {
            onRequest(response, request, authenticated);
          }
        },
        isClosing: () => rejected.length > 0,
        rejected: (_socket, listener, { code }: ProxyError) => void rejected.push(`${listener} ${code}`),
      },
      ...options,
    });
  }

  afterEach(async () => {
    clients.splice(0).forEach((client) => client.destroy());
    connections.drain();
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    connections.close();
  });

  async function listen(server: Server): Promise<number> {
    servers.push(server);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return (server.address() as AddressInfo).port;
  }

  function hand(socket: Socket, listener: string): void {
    const slot = new Slot();
    slots.push(slot);
    connections.accept(socket, { listener, slot, ways: { origin: way } });
  }

  const plainPort = (): Promise<number> => listen(createServer({ allowHalfOpen: true }, (socket) => hand(socket, 'http')));

  /** Collects the data that the client receives. */
  function dial(client: Socket): { readonly client: Socket; readonly received: () => string } {
    let text = '';
    clients.push(client.on('error', () => undefined));
    client.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
    return { client, received: () => text };
  }

  it('serves HTTP on connections of several ports, with and without TLS, and keeps them open between requests', async () => {
    start();
    const authority = await TestCertificateAuthority.create();
    const tls = createTlsServer(await authority.issue({ names: ['proxy.test'] }), (socket) => hand(socket, 'https'));
    const [http, https] = [await plainPort(), await listen(tls)];
    const both = [
      dial(connect(http, '127.0.0.1')),
      dial(connectTls({ port: https, host: '127.0.0.1', ca: authority.caPem, servername: 'proxy.test' })),
    ];
    for (const { client, received } of both) {
      client.write('GET /one HTTP/1.1\r\nHost: a\r\n\r\n');
      await until(() => received().endsWith('GET answered'));
      client.write('PUT /two HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n');
      await until(() => received().endsWith('PUT answered'));
    }
    expect(served).toEqual(['GET /one', 'PUT /two', 'GET /one', 'PUT /two']);
    await until(() => slots.every(({ told }) => told.length === 4));
    expect(slots.map(({ told }) => told.join(' '))).toEqual(['begin end begin end', 'begin end begin end']);
  });

  it('answers 408 when the request headers do not arrive in time, although its server never listens', async () => {
    start({ headersTimeout: 200 });
    const { client, received } = dial(connect(await plainPort(), '127.0.0.1'));
    client.write('GET /slow HTTP/1.1\r\nHost: ');
    await once(client, 'close');
    expect(received()).toMatch(/^HTTP\/1\.1 408 Request Timeout: the request headers did not arrive in time\r\n/);
    expect({ served, rejected }).toEqual({ served: [], rejected: ['http ClientSilent'] });
  });

  it('closes a connection on which no further request begins in time', async () => {
    start({ keepAlive: 100 });
    const { client, received } = dial(connect(await plainPort(), '127.0.0.1'));
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await once(client, 'close');
    expect(received()).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*GET answered$/);
    expect(rejected).toEqual([]);
  });

  it('refuses CONNECT after answering earlier requests, and treats nothing after it as a request', async () => {
    start();
    const { client, received } = dial(connect(await plainPort(), '127.0.0.1'));
    const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
    client.write(`${get}CONNECT b:443 HTTP/1.1\r\nHost: b:443\r\n\r\n${get}`);
    await once(client, 'close');
    const [, first = '', last = ''] = received().split('HTTP/1.1 ');
    expect([first.slice(0, 3), last.slice(0, 3), last.includes('connection: close')]).toEqual(['200', '405', true]);
    expect({ served, rejected }).toEqual({ served: ['GET /'], rejected: ['http MethodNotAllowed'] });
  });

  it('answers one CONNECT after the other on a connection, and leaves no listener on it', async () => {
    start();
    onRequest = (response) => response.writeHead(407, { 'content-length': 0 }).end();
    let accepted: Socket | undefined;
    const ways = { origin: way, connect: way };
    const port = await listen(
      createServer((socket) => {
        accepted = socket;
        connections.accept(socket, { listener: 'http', slot: new Slot(), ways });
      }),
    );
    const { client, received } = dial(connect(port, '127.0.0.1'));
    const listeners: string[] = [];
    for (let count = 1; count <= 4; count += 1) {
      client.write('CONNECT b:443 HTTP/1.1\r\nHost: b:443\r\n\r\n');
      await until(() => received().split('HTTP/1.1 407').length > count);
      const names = accepted?.eventNames() ?? [];
      listeners.push(names.map((name) => `${String(name)} ${accepted?.listenerCount(name) ?? 0}`).join());
    }
    expect(new Set(listeners.slice(1)).size).toBe(1);
    expect(served).toHaveLength(4);
  });

  it('tells a client that sends plain HTTP to a TLS port to use https', async () => {
    start();
    const port = await listen(
      createServer((socket) => connections.refusePlainHttp(socket, { listener: 'https', slot: new Slot(), ways: { origin: way } })),
    );
    const { client, received } = dial(connect(port, '127.0.0.1'));
    await once(client, 'close');
    expect(received()).toMatch(/^HTTP\/1\.1 400 Bad Request: this port speaks https; begin the address with https:\/\/\r\n[^]*\{/);
    expect(rejected).toEqual(['https RequestMalformed']);
  });

  it("does not read the rest of a stranger's body, but of a known client's", async () => {
    start();
    const requests: IncomingMessage[] = [];
    onRequest = (response, request, accepted) => {
      requests.push(request);
      if (requests.length === 2) {
        accepted();
      }
      response.end('ok');
    };
    const { client, received } = dial(connect(await plainPort(), '127.0.0.1'));
    const head = 'PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n';
    client.write(`${head}x`);
    await until(() => received().endsWith('ok'));
    expect(slots[0]?.told).toEqual(['begin', 'end']);
    client.write(`${head}x`);
    await until(() => slots[0]?.isKnown === true && received().split('HTTP/1.1').length === 3);
    client.write(`${head}x`);
    await until(() => received().split('HTTP/1.1').length === 4);
    expect(slots[0]?.told).toEqual(['begin', 'end', 'begin', 'end']);
  });

  describe('for a client that sends requests before earlier ones are answered', () => {
    let responses: ServerResponse[];

    beforeEach(() => {
      start();
      responses = [];
      onRequest = (response) => void responses.push(response);
    });

    const get = (path: string, bytes = 0): string => `GET /${path} HTTP/1.1\r\nHost: a\r\nX-Long: ${'x'.repeat(bytes)}\r\n\r\n`;

    it('serves them in order', async () => {
      const { client, received } = dial(connect(await plainPort(), '127.0.0.1'));
      const paths = Array.from({ length: 20 }, (_, index) => String(index));
      client.write(paths.map((path) => get(path, 2_000)).join(''));
      await until(() => responses.length === 20);
      responses.reverse().forEach((response) => response.end(`${response.req.url} answered.`));
      await until(() => received().split('answered').length === 21);
      expect(received().match(/\/\d+ answered/g)).toEqual(paths.map((path) => `/${path} answered`));
      expect(rejected).toEqual([]);
    });

    it('serves any number of them while their responses follow', async () => {
      const { client, received } = dial(connect(await plainPort(), '127.0.0.1'));
      client.write(get('first') + get('second'));
      for (let count = 1; count <= 200; count += 1) {
        await until(() => responses.length === count + 1);
        client.write(get('another'));
        await until(() => responses.length === count + 2);
        responses[count - 1]?.end('answered');
        await until(() => received().split('answered').length === count + 1);
      }
      expect(rejected).toEqual([]);
    });

    it('reads the body of such a request', async () => {
      const { client, received } = dial(connect(await plainPort(), '127.0.0.1'));
      const body = 'x'.repeat(3_000_000);
      let size = 0;
      onRequest = (response, request) => {
        responses.push(response);
        request.on('data', (chunk: Buffer) => (size += chunk.length));
      };
      client.write(`${get('first')}PUT /second HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}${get('third')}`);
      await until(() => size === body.length && served.length === 3);
      responses.forEach((response) => response.end('answered'));
      await until(() => received().split('answered').length === 4);
    });

    it.each([
      ['short', 0, 32],
      ['long', 60_000, 5],
    ])('closes the connection when they take more than 256 KiB: %s ones', async (_what, bytes, most) => {
      const { client, received } = dial(connect(await plainPort(), '127.0.0.1'));
      client.write(get('first') + get('ahead', bytes).repeat(1_000));
      await until(() => client.closed);
      expect({ received: received(), rejected }).toEqual({ received: '', rejected: ['http LimitReached'] });
      expect(served.length).toBeLessThanOrEqual(most);
    });

    it('closes the connection also when they follow the last request that is served', async () => {
      const { client, received } = dial(connect(await plainPort(), '127.0.0.1'));
      client.write(get('first'));
      await until(() => served.length === 1);
      rejected.push('earlier');
      client.write(get('ahead').repeat(10_000));
      await until(() => client.closed);
      expect({ served, received: received() }).toEqual({ served: ['GET /first'], received: '' });
    });
  });

  it('closes idle connections while draining, and busy ones after their response', async () => {
    start();
    const port = await plainPort();
    const responses: ServerResponse[] = [];
    onRequest = (response) => void responses.push(response);
    const [idle, busy] = [dial(connect(port, '127.0.0.1')), dial(connect(port, '127.0.0.1'))];
    busy.client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await until(() => slots.length === 2 && responses.length === 1);
    connections.drain();
    await until(() => idle.client.closed);
    expect(busy.client.closed).toBe(false);
    const late = dial(connect(port, '127.0.0.1'));
    responses[0]?.end('done');
    await until(() => busy.client.closed && late.client.closed);
    expect({ received: busy.received().endsWith('done'), late: late.received() }).toEqual({ received: true, late: '' });
  });
});
