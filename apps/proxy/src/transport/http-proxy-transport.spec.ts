import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer as createTcpServer, type AddressInfo, type Server as TcpServer } from 'node:net';
import { PassThrough } from 'node:stream';
import { EgressPolicy } from '@oci-connector/egress';
import { Sensitive } from '@oci-connector/sensitive';
import { TestCertificateAuthority } from '@oci-connector/testing';
import { Transfer } from './transfer';
import { type UpstreamRequest } from './upstream-transport';
import { HttpProxyTransport, type HttpProxyTransportOptions } from './http-proxy-transport';

const servers: TcpServer[] = [];
const transports: HttpProxyTransport[] = [];

/** `service.test` is this machine; `internal.test` is a place that no policy allows. */
const policy = new EgressPolicy({
  allowCIDRs: ['127.0.0.1/32'],
  redirectCIDRs: [],
  refusedHosts: [],
  lookup: (host) => Promise.resolve([{ address: host === 'internal.test' ? '169.254.169.254' : '127.0.0.1', family: 4 }]),
});

afterEach(async () => {
  await Promise.all(transports.splice(0).map((transport) => transport.close()));
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

async function listen(server: TcpServer): Promise<number> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function serve(listener: RequestListener): Promise<number> {
  return listen(createHttpServer(listener));
}

function transport(options: Partial<HttpProxyTransportOptions> = {}): HttpProxyTransport {
  const created = new HttpProxyTransport({ policy, purpose: 'connector', ...options });
  transports.push(created);
  return created;
}

function request(port: number, more: Partial<UpstreamRequest> = {}): UpstreamRequest {
  const transfer = new Transfer(() => 0);
  return { method: 'GET', origin: `http://service.test:${port}`, path: '/x', headers: {}, transfer, ...more };
}

/** A client's request whose body is what is written. */
function clientBody(): PassThrough & IncomingMessage {
  return new PassThrough() as PassThrough & IncomingMessage;
}

async function received(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

describe('what is sent', () => {
  it('is the path byte for byte and the given headers, with the credential', async () => {
    const seen: Partial<IncomingMessage>[] = [];
    const port = await serve((message, response) => {
      seen.push({ method: message.method, url: message.url, headers: message.headers });
      response.end('ok');
    });
    const headers = { accept: 'a, b', authorization: new Sensitive('Basic aHVzaA=='), via: '1.1 us' };
    const path = '/a//b%2Fc/%zz/;d?q=%2e&&http://x//y?z';
    const response = await transport().send(request(port, { path, headers }));
    expect((await response.readAll(100)).toString()).toBe('ok');
    expect(seen).toEqual([
      {
        method: 'GET',
        url: path,
        headers: { host: `service.test:${port}`, accept: 'a, b', authorization: 'Basic aHVzaA==', via: '1.1 us', connection: 'keep-alive' },
      },
    ]);
  });

  it.each([
    ['DELETE', { 'content-length': '0' }],
    ['OPTIONS', { 'content-length': '0' }],
    ['POST', { 'content-length': '0' }],
    ['HEAD', {}],
  ])('is framed as empty for %s without a body', async (method, framing) => {
    let seen: IncomingMessage['headers'] = {};
    const port = await serve((message, response) => {
      seen = message.headers;
      response.end();
    });
    await (await transport().send(request(port, { method }))).readAll(0);
    expect(seen).toEqual({ host: `service.test:${port}`, connection: 'keep-alive', ...framing });
  });

  it.each([
    ['with its length', 10, { 'content-length': '10' }],
    ['in chunks', undefined, { 'transfer-encoding': 'chunked' }],
  ])('streams a body %s', async (_, contentLength, framing) => {
    const port = await serve((message, response) => {
      void received(message).then((body) => response.end(JSON.stringify({ body, headers: message.headers })));
    });
    const body = clientBody();
    const asked = request(port, { method: 'PUT', path: '/a//b', body, contentLength });
    const sent = transport().send(asked);
    body.write('01234');
    body.end('56789');
    const response = await sent;
    expect(response.early).toBe(false);
    expect(JSON.parse((await response.readAll(1_000)).toString())).toEqual({
      body: '0123456789',
      headers: { host: `service.test:${port}`, connection: 'keep-alive', ...framing },
    });
    expect(asked.transfer.bytesIn).toBe(10);
  });

  it('goes over connections that are used again', async () => {
    const ports = new Set<number | undefined>();
    const port = await serve((message, response) => {
      ports.add(message.socket.remotePort);
      response.end('x');
    });
    const kept = transport();
    for (let i = 0; i < 3; i += 1) {
      const response = await kept.send(request(port));
      if (i === 1) response.discard();
      else await response.readAll(1);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await (await kept.send(request(port))).readAll(1);
    expect(ports.size).toBeLessThanOrEqual(2);
  });
});

describe('what comes back', () => {
  it('is streamed and counted', async () => {
    const port = await serve((_, response) => {
      response.writeHead(206, { 'content-range': 'bytes 0-9/20', 'x-a': '1' });
      response.write('01234');
      response.end('56789');
    });
    const asked = request(port);
    const response = await transport().send(asked);
    const sink = new PassThrough();
    await response.pipeTo(sink);
    expect(String(sink.read())).toBe('0123456789');
    expect(response.status).toBe(206);
    expect(response.headers).toMatchObject({ 'content-range': 'bytes 0-9/20', 'x-a': '1' });
    expect(asked.transfer.bytesOut).toBe(10);
  });

  it('is no more than what is allowed, when it is read whole', async () => {
    const port = await serve((_, response) => response.end('x'.repeat(11)));
    const response = await transport().send(request(port));
    await expect(response.readAll(10)).rejects.toMatchObject({ code: 'UpstreamTooLarge' });
  });

  it('is a failure when the service breaks off, and the sink is left open', async () => {
    const port = await serve((_, response) => {
      response.writeHead(200, { 'content-length': '10' });
      response.write('01234', () => response.destroy());
    });
    const response = await transport().send(request(port));
    const sink = new PassThrough();
    await expect(response.pipeTo(sink)).rejects.toMatchObject({ code: 'ConnectionReset' });
    expect(sink.writableEnded).toBe(false);
  });

  it('may come before the body was sent', async () => {
    const port = await serve((_, response) => response.writeHead(413).end());
    const body = clientBody();
    const sent = transport().send(request(port, { method: 'PUT', body }));
    body.write('01234');
    const response = await sent;
    expect([response.status, response.early]).toEqual([413, true]);
    response.discard();
    body.end();
  });

  it('is let go with its connection when the rest that nobody wants does not come', async () => {
    const closed: Promise<unknown>[] = [];
    const port = await serve((_, response) => {
      closed.push(once(response, 'close'));
      response.writeHead(302, { location: '/y' }).write('and so on');
    });
    (await transport().send(request(port))).discard();
    await Promise.all(closed);
    expect(closed).toHaveLength(1);
  });

  it('may be a redirect, which is not followed here', async () => {
    let requests = 0;
    const port = await serve((_, response) => {
      requests += 1;
      response.writeHead(302, { location: '/y' }).end();
    });
    const response = await transport().send(request(port));
    response.discard();
    expect([response.status, response.headers['location'], requests]).toEqual([302, '/y', 1]);
  });
});

describe('a client that goes away', () => {
  it('before the answer ends the request upstream', async () => {
    const aborted: Promise<unknown>[] = [];
    let arrived = (): void => undefined;
    const arrival = new Promise<void>((resolve) => (arrived = resolve));
    const port = await serve((_, response) => {
      aborted.push(once(response, 'close'));
      arrived();
    });
    const asked = request(port);
    const sent = transport().send(asked);
    await arrival;
    asked.transfer.cancel('client-aborted');
    await expect(sent).rejects.toMatchObject({ name: 'TransferCancelled', reason: 'client-aborted' });
    await Promise.all(aborted);
    expect(aborted).toHaveLength(1);
  });

  it('before the request was begun sends nothing', async () => {
    let requests = 0;
    const port = await serve((_, response) => {
      requests += 1;
      response.end();
    });
    const asked = request(port);
    asked.transfer.cancel('client-aborted');
    await expect(transport().send(asked)).rejects.toMatchObject({ reason: 'client-aborted' });
    expect(requests).toBe(0);
  });

  it.each(['pull', 'push'])('in the middle of a %s leaves nothing hanging upstream', async (direction) => {
    let closed: Promise<unknown> = Promise.resolve();
    const port = await serve((message, response) => {
      closed = once(response, 'close');
      response.write('x'.repeat(1_000));
      message.resume();
    });
    const body = clientBody();
    const asked = request(port, direction === 'push' ? { method: 'PUT', body } : {});
    body.write('01234');
    const response = await transport().send(asked);
    const sink = new PassThrough();
    const piped = response.pipeTo(sink);
    await once(sink, 'data');
    asked.transfer.cancel('client-aborted');
    await expect(piped).rejects.toMatchObject({ reason: 'client-aborted' });
    await closed;
    body.destroy();
  });
});

describe('where it connects', () => {
  it.each([
    ['an address', 'http://169.254.169.254'],
    ['a name', 'http://internal.test'],
    ['this machine by another address', 'http://127.0.0.2'],
    ['an IPv6 address', 'http://[::1]'],
  ])('C9 SSRF: is refused by the policy for %s', async (_, origin) => {
    await expect(transport().send(request(0, { origin }))).rejects.toMatchObject({ code: 'AddressNotAllowed' });
  });

  it('says that nothing listens', async () => {
    const server = createTcpServer();
    const port = await listen(server);
    await new Promise((resolve) => servers.pop()?.close(resolve));
    await expect(transport().send(request(port))).rejects.toMatchObject({ code: 'ConnectionRefused' });
  });

  it('says that the answer is not HTTP', async () => {
    const port = await listen(createTcpServer((socket) => socket.resume().end('SSH-2.0-x\r\n')));
    await expect(transport().send(request(port))).rejects.toMatchObject({ code: 'ResponseInvalid' });
  });

  it('refuses a header that cannot be sent', async () => {
    const port = await serve((_, response) => response.end());
    const sent = transport().send(request(port, { headers: { 'x-a': 'b\r\nx-c: d' } }));
    await expect(sent).rejects.toMatchObject({ code: 'ResponseInvalid' });
  });
});

describe('TLS', () => {
  let authority: TestCertificateAuthority;
  beforeAll(async () => {
    authority = await TestCertificateAuthority.create();
  });

  async function serveTls(names: string[]): Promise<number> {
    const { cert, key } = await authority.issue({ names });
    return listen(createHttpsServer({ cert, key }, (message, response) => response.end(`${message.headers.host}`)));
  }

  it('is verified against the given authorities and the name', async () => {
    const port = await serveTls(['service.test']);
    const response = await transport({ ca: [authority.caPem] }).send(request(port, { origin: `https://service.test:${port}` }));
    expect((await response.readAll(100)).toString()).toBe(`service.test:${port}`);
  });

  it.each([
    ['another name', ['other.test'], true],
    ['an unknown authority', ['service.test'], false],
  ])('is refused for %s', async (_, names, trusted) => {
    const port = await serveTls(names);
    const sent = transport({ ca: trusted ? [authority.caPem] : [] }).send(request(port, { origin: `https://service.test:${port}` }));
    await expect(sent).rejects.toMatchObject({ code: 'CertificateInvalid' });
  });
});

it('closing waits for what runs', async () => {
  let finish = (): void => undefined;
  const port = await serve((_, response) => {
    response.write('0');
    finish = () => response.end('1');
  });
  const closing = transport();
  const response = await closing.send(request(port));
  let closed = false;
  const closes = closing.close().then(() => (closed = true));
  await new Promise((resolve) => setImmediate(resolve));
  expect(closed).toBe(false);
  finish();
  expect((await response.readAll(2)).toString()).toBe('01');
  await closes;
});
