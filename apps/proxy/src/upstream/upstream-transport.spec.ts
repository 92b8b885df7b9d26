import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { EgressPolicy, type PinnedAgentOptions } from '@oci-connector/egress';
import { Sensitive } from '@oci-connector/sensitive';
import { ReadBuffers } from '../transfer/read-buffers';
import { Transfers } from '../transfer/transfers';
import { discardBody, readBody } from './read-body';
import { RelayTransport } from './relay-transport';
import { UndiciTransport } from './undici-transport';
import { type UpstreamRequest, type UpstreamTransport } from './upstream-transport';

const MIB = 1024 * 1024;

/** A client's request: the test writes its body. */
function clientBody(): PassThrough & IncomingMessage {
  return new PassThrough() as PassThrough & IncomingMessage;
}

/** Most bytes that sockets and streams between client and server may buffer. */
const BUFFERS = 16 * MIB;

const policy = new EgressPolicy({ allowCIDRs: ['127.0.0.1/32'], redirectCIDRs: [], refusedHosts: [] });

/** Creates a transport. */
type Create = (options: PinnedAgentOptions) => UpstreamTransport;

const TRANSPORTS: readonly [name: string, create: Create][] = [
  ['UndiciTransport', (options) => new UndiciTransport(options)],
  ['RelayTransport', (options) => new RelayTransport({ ...options, buffers: new ReadBuffers(), others: new UndiciTransport(options) })],
];

describe.each(TRANSPORTS)('%s', (_transport, create) => {
  let server: Server;
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  let transport: UpstreamTransport;
  let transfers: Transfers;

  beforeEach(async () => {
    server = createServer((request, response) => answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    transport = create({ policy, purpose: 'connector', connections: 1 });
    transfers = new Transfers(60_000);
  });

  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await transport.close();
    transfers.close();
  });

  const request = (changes: Partial<UpstreamRequest> = {}): UpstreamRequest => ({
    method: 'GET',
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    path: '/a/%2F/b?c=%20',
    headers: {},
    transfer: transfers.begin(),
    ...changes,
  });

  it('sends path and headers unchanged, and reveals a secret only on the connection', async () => {
    const seen = new Promise<IncomingMessage>((resolve) => {
      answer = (incoming, response) => {
        resolve(incoming);
        response.end('ok');
      };
    });
    const received = await transport.send(request({ headers: { authorization: new Sensitive('Bearer x'), accept: ['a', 'b'] } }));
    expect((await readBody(received, 10)).toString()).toBe('ok');
    const { url, headers } = await seen;
    expect(url).toBe('/a/%2F/b?c=%20');
    expect(headers).toMatchObject({ authorization: 'Bearer x', accept: 'a, b' });
  });

  it.each(['/a//b%2Fc/%zz/;d?q=%2e&&http://x//y?z', '//x', '/?', '/..;/a'])('sends the path %s byte for byte', async (path) => {
    let url: string | undefined;
    answer = (incoming, response) => {
      ({ url } = incoming);
      response.end();
    };
    await readBody(await transport.send(request({ path })), 0);
    expect(url).toBe(path);
  });

  it.each([
    ['with its length', 10, { 'content-length': '10' }],
    ['in chunks', undefined, { 'transfer-encoding': 'chunked' }],
  ])('streams a body %s, and counts it', async (_name, contentLength, framing) => {
    answer = (incoming, response) => {
      void text(incoming).then((content) => response.end(JSON.stringify({ content, headers: incoming.headers })));
    };
    const body = clientBody();
    const asked = request({ method: 'PUT', body, contentLength });
    const sent = transport.send(asked);
    body.write('01234');
    // undici would send a body that is complete before the request with its length.
    await once(server, 'request');
    body.end('56789');
    const response = await sent;
    expect(response.early).toBe(false);
    expect(JSON.parse((await readBody(response, 1_000)).toString())).toMatchObject({ content: '0123456789', headers: framing });
    expect(asked.transfer.bytesIn).toBe(10);
  });

  it('marks a response that arrives before the body was sent as early', async () => {
    answer = (_request, response) => response.writeHead(413).end();
    const body = clientBody();
    const sent = transport.send(request({ method: 'PUT', body }));
    body.write('01234');
    const { status, early } = await sent;
    expect([status, early]).toEqual([413, true]);
    body.destroy();
  });

  it('closes the connection when the rest of a discarded response does not arrive', async () => {
    const closed = new Promise<void>((resolve) => {
      answer = (_request, response) => {
        response.on('close', resolve);
        response.writeHead(302, { location: '/y' }).write('and so on');
      };
    });
    discardBody(await transport.send(request()));
    await closed;
  });

  it('waits for running requests when it is closed', async () => {
    let finish = (): void => undefined;
    answer = (_request, response) => {
      response.write('0');
      finish = () => response.end('1');
    };
    const closing = create({ policy, purpose: 'connector' });
    const response = await closing.send(request());
    let closed = false;
    const closes = closing.close().then(() => (closed = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(closed).toBe(false);
    finish();
    expect((await readBody(response, 2)).toString()).toBe('01');
    await closes;
  });

  it('rejects a cancelled request while its connection is still being opened', async () => {
    let found = (): void => undefined;
    const slow = new EgressPolicy({
      allowCIDRs: ['127.0.0.1/32'],
      redirectCIDRs: [],
      refusedHosts: [],
      lookup: () => new Promise((resolve) => (found = () => resolve([{ address: '127.0.0.1' }]))),
    });
    const connecting = create({ policy: slow, purpose: 'connector' });
    let requests = 0;
    answer = () => (requests += 1);
    const asked = request({ origin: `http://registry.test:${(server.address() as AddressInfo).port}` });
    const sent = connecting.send(asked);
    asked.transfer.cancel('client-aborted');
    await expect(sent).rejects.toMatchObject({ reason: 'client-aborted' });
    found();
    await connecting.close();
    expect(requests).toBe(0);
  });

  it('skips informational responses', async () => {
    answer = (_request, response) => {
      response.writeProcessing();
      response.writeEarlyHints({ link: '</x>; rel=preload' });
      response.end('final');
    };
    const received = await transport.send(request());
    expect(received.status).toBe(200);
    expect((await readBody(received, 10)).toString()).toBe('final');
  });

  it('pauses the upstream while the client does not read', async () => {
    let written = 0;
    answer = (_request, response) => {
      const chunk = Buffer.alloc(MIB);
      const write = (): void => {
        while (written < 200 * MIB && response.write(chunk)) {
          written += MIB;
        }
      };
      response.on('drain', write);
      write();
    };
    const { transfer, ...rest } = request();
    const received = await transport.send({ ...rest, transfer });
    let consumed = 0;
    const done = new Promise<Error>((fail) => {
      received.consume({
        chunk: ({ length }) => {
          consumed += length;
          return false;
        },
        end: () => fail(new Error('it must not end')),
        fail,
      });
    });
    let before = -1;
    while (before !== written) {
      before = written;
      await sleep(50);
    }
    expect(written).toBeLessThan(BUFFERS);
    expect(consumed).toBeLessThan(BUFFERS);
    transfer.cancel('client-aborted');
    expect(await done).toMatchObject({ reason: 'client-aborted' });
  });

  it('rejects a body beyond the limit, and closes its connection', async () => {
    const closed = new Promise<void>((resolve) => {
      answer = (_request, response) => {
        response.on('close', resolve);
        response.write(Buffer.alloc(1_000));
      };
    });
    const received = await transport.send(request());
    await expect(readBody(received, 999)).rejects.toMatchObject({ code: 'UpstreamTooLarge' });
    await closed;
  });

  it.each([
    ['a short body, and uses the connection again', 1_000, false],
    ['a long body, and closes its connection', MIB, true],
  ])('discards %s', async (_name, size, opensAnother) => {
    let opened = 0;
    server.on('connection', () => (opened += 1));
    answer = (_request, response) => response.end(Buffer.alloc(size));
    const first = await transport.send(request());
    discardBody(first);
    const second = await transport.send(request());
    await readBody(second, 2 * MIB);
    expect(opened > 1).toBe(opensAnother);
  });

  it('rejects with the reason when the transfer was cancelled before', async () => {
    answer = () => undefined;
    const { transfer, ...rest } = request();
    transfer.cancel('shutdown');
    await expect(transport.send({ ...rest, transfer })).rejects.toMatchObject({ reason: 'shutdown' });
  });

  it('cancels a request even if a discarded response of the same transfer ended after the request began', async () => {
    const two = create({ policy, purpose: 'connector', connections: 2 });
    const responses: ServerResponse[] = [];
    answer = (_request, response) => void responses.push(response);
    const transfer = transfers.begin();
    const redirected = two.send(request({ transfer }));
    while (responses.length < 1) {
      await sleep(1);
    }
    responses[0]?.writeHead(307, { location: '/b', 'content-length': '5' }).flushHeaders();
    discardBody(await redirected);
    const next = two.send(request({ transfer }));
    while (responses.length < 2) {
      await sleep(1);
    }
    responses[0]?.end('later');
    // The first connection is used again only once that response has ended.
    const third = two.send(request());
    while (responses.length < 3) {
      await sleep(1);
    }
    transfer.cancel('upstream-silent');
    await expect(next).rejects.toMatchObject({ reason: 'upstream-silent' });
    responses[2]?.end();
    discardBody(await third);
    await two.close();
  });

  it('names the reason when there is no response', async () => {
    answer = (incoming) => incoming.socket.destroy();
    await expect(transport.send(request())).rejects.toMatchObject({ code: 'ConnectionReset' });
    await expect(transport.send(request({ origin: 'http://127.0.0.1:1' }))).rejects.toMatchObject({ code: 'ConnectionRefused' });
    await expect(transport.send(request({ origin: 'http://[::1]:1' }))).rejects.toMatchObject({ code: 'AddressNotAllowed' });
  });

  it('returns a response without a body as complete', async () => {
    answer = (_request, response) => response.writeHead(204).end();
    const received = await transport.send(request({ method: 'HEAD' }));
    expect(received.status).toBe(204);
    expect(await readBody(received, 0)).toHaveLength(0);
  });
});
