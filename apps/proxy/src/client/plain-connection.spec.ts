import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { until } from '@oci-connector/testing-kit';
import { PoisoningBuffers } from '../../test/poisoning-buffers';
import { type RequestHead } from '../naming/request-head';
import { ClientReads } from './client-reads';
import { closeLingering } from './lingering-close';
import { PlainConnection, type PlainConnectionOptions } from './plain-connection';
import { type PlainResponse } from './plain-response';

const request = (path: string, ...lines: string[]): string => [`GET ${path} HTTP/1.1`, 'Host: x', ...lines, '', ''].join('\r\n');

describe('PlainConnection', () => {
  let server: Server;
  let accepted: Socket | undefined;
  let connection: PlainConnection | undefined;
  let client: Socket;
  let received: string;
  let served: RequestHead[];
  let responses: PlainResponse[];
  let handedOver: string[];
  let silent: number;
  let answer: (response: PlainResponse, head: RequestHead) => void;

  async function start(options: Partial<PlainConnectionOptions> = {}): Promise<void> {
    const buffers = new PoisoningBuffers();
    received = '';
    served = [];
    responses = [];
    handedOver = [];
    silent = 0;
    answer = (response, { url = '' }) => {
      response.writeHead(200, { 'content-length': String(url.length) });
      response.end(url);
    };
    server = createServer({ allowHalfOpen: true }, (socket) => {
      accepted = socket;
      connection = new PlainConnection({
        reads: ClientReads.of(socket, buffers),
        firstMs: 60_000,
        idleMs: 60_000,
        date: () => 'now',
        serve: (head, response) => {
          served.push(head);
          responses.push(response);
          answer(response, head);
        },
        onSilent: () => (silent += 1),
        handOver: (first) => handedOver.push(first.toString('latin1')),
        ...options,
      });
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    client.on('error', () => undefined).on('data', (piece: Buffer) => (received += piece.toString('latin1')));
    await once(client, 'connect');
  }

  afterEach(() => {
    client.destroy();
    accepted?.destroy();
    server.close();
  });

  const bodies = (): string[] => [...received.matchAll(/\r\n\r\n(\/[a-z])/g)].map(([, body]) => body ?? '');

  it('serves one request after the other', async () => {
    await start();
    for (const path of ['/a', '/b']) {
      client.write(request(path, 'X-A: b'));
      await until(() => bodies().includes(path));
    }
    expect(served.map(({ method, url, headers }) => [method, url, headers])).toEqual([
      ['GET', '/a', { host: 'x', 'x-a': 'b' }],
      ['GET', '/b', { host: 'x', 'x-a': 'b' }],
    ]);
    expect(served[0]?.socket).toBe(accepted);
  });

  it('serves requests that were sent ahead when the ones before are answered', async () => {
    await start();
    answer = () => undefined;
    client.write(request('/a') + request('/b'));
    await until(() => responses.length === 1);
    client.write(request('/c').slice(0, 20));
    client.write(request('/c').slice(20));
    for (const path of ['/a', '/b', '/c']) {
      await until(() => served.at(-1)?.url === path);
      responses.at(-1)?.writeHead(200, { 'content-length': '2' });
      responses.at(-1)?.end(path);
    }
    await until(() => bodies().length === 3);
    expect([bodies(), handedOver]).toEqual([['/a', '/b', '/c'], []]);
  });

  it.each([
    ['another request', 'PUT /a HTTP/1.1\r\n'],
    ['the first bytes of a request', 'GET'],
  ])('hands over the connection at %s, with all that has arrived', async (_name, other) => {
    await start();
    client.write(request('/a') + other);
    await until(() => handedOver.length === 1);
    expect([bodies(), handedOver]).toEqual([['/a'], [other]]);
    // From then on the stream has the connection.
    const next = once(accepted as Socket, 'data');
    client.write('more');
    expect(((await next) as [Buffer])[0].toString()).toBe('more');
    expect(['drain', 'timeout', 'error'].map((event) => accepted?.listenerCount(event))).toEqual([0, 0, 0]);
  });

  it('reads no further when too much was sent ahead, and goes on after the response', async () => {
    await start();
    answer = () => undefined;
    client.write(request('/a'));
    await until(() => responses.length === 1);
    const piece = Buffer.from(request('/b', `X-A: ${'a'.repeat(900)}`));
    let pieces = 1;
    while (connection?.take(piece)) {
      pieces += 1;
    }
    expect(pieces * piece.length).toBeLessThanOrEqual(64 * 1024);
    expect(pieces * piece.length).toBeGreaterThan(40 * 1024);
    answer = (response) => {
      response.writeHead(204, {});
      response.end();
    };
    client.write(request('/c'));
    responses[0]?.writeHead(204, {});
    responses[0]?.end();
    await until(() => served.at(-1)?.url === '/c');
    expect([served.length, handedOver]).toEqual([pieces + 2, []]);
  });

  it('counts the memory of what is sent ahead, also if it comes byte by byte', async () => {
    await start();
    answer = () => undefined;
    client.write(request('/a'));
    await until(() => responses.length === 1);
    let pieces = 1;
    while (connection?.take(Buffer.from('G'))) {
      pieces += 1;
    }
    expect(pieces).toBeLessThan(1_000);
  });

  it('closes after the last response, whose client can read it while it still sends', async () => {
    await start();
    answer = (response) => {
      response.shouldKeepAlive = false;
      closeLingering(accepted as Socket);
      response.writeHead(413, { 'content-length': '0' });
      response.end();
    };
    client.write(request('/a') + 'x'.repeat(100_000));
    client.end('x'.repeat(1_000_000));
    await until(() => client.closed);
    expect(received).toContain('HTTP/1.1 413 ');
    expect([served.length, handedOver]).toEqual([1, []]);
  });

  it.each(['end', 'destroy'] as const)('ends the response when the client leaves: %s', async (leave) => {
    await start();
    answer = () => undefined;
    client.write(request('/a'));
    await until(() => responses.length === 1);
    let isClosed = false;
    responses[0]?.once('close', () => (isClosed = true));
    client[leave]();
    await until(() => isClosed);
    expect([responses[0]?.writableFinished, responses[0]?.destroyed]).toEqual([false, true]);
  });

  it.each(['end', 'destroy'] as const)('closes when the client leaves between two requests: %s', async (leave) => {
    await start();
    client.write(request('/a'));
    await until(() => bodies().length === 1);
    client[leave]();
    await until(() => accepted?.closed === true);
  });

  it('closes a connection that is idle for too long', async () => {
    await start({ idleMs: 50 });
    client.write(request('/a'));
    await until(() => client.closed);
    expect([bodies(), silent]).toEqual([['/a'], 0]);
  });

  it('tells that no first request arrives', async () => {
    await start({ firstMs: 50 });
    await until(() => silent === 1);
    expect(accepted?.destroyed).toBe(false);
  });

  it('does not end a response that takes longer than the connection may be idle', async () => {
    await start({ firstMs: 20, idleMs: 20 });
    answer = () => undefined;
    let timeouts = 0;
    client.write(request('/a'));
    await until(() => responses.length === 1);
    accepted?.on('timeout', () => (timeouts += 1));
    await until(() => timeouts === 1);
    responses[0]?.writeHead(200, { 'content-length': '2' });
    responses[0]?.end('/a');
    await until(() => bodies().length === 1);
  });
});
