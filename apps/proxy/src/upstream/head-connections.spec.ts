import { type Socket } from 'node:net';
import { EgressPolicy } from '@oci-connector/egress';
import { echo, type RawRequest, RawUpstream, TestCertificateAuthority, until } from '@oci-connector/testing-kit';
import { Transfer } from '../transfer/transfer';
import { readBody } from './read-body';
import { UndiciTransport } from './undici-transport';

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Length: 43\r\n\r\n';
/** A body that looks like a response, and is as long as {@link HEAD} announces. */
const BODY = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstale';

const policy = new EgressPolicy({ allowCIDRs: ['127.0.0.1/32'], redirectCIDRs: [], refusedHosts: [] });

describe('a connection after HEAD', () => {
  let upstream: RawUpstream;
  let transport: UndiciTransport;

  beforeEach(async () => {
    upstream = await RawUpstream.start();
    transport = new UndiciTransport({ policy, purpose: 'connector' });
  });

  afterEach(async () => {
    await transport.close();
    await upstream.close();
  });

  async function ask(method: string, path = '/x', origin = upstream.url): Promise<string> {
    const response = await transport.send({ method, origin, path, headers: {}, transfer: new Transfer(() => 0) });
    return `${response.status} ${(await readBody(response, 100)).toString()}`;
  }

  /** Resolves once a HEAD opens no new connection. */
  function kept(at = upstream): Promise<void> {
    return until(async () => {
      await ask('HEAD', '/x', at.url);
      const before = at.connections;
      await ask('HEAD', '/x', at.url);
      return at.connections === before;
    });
  }

  const isHead = ({ line }: RawRequest): boolean => line.startsWith('HEAD ');

  it('is used again by every method once the server has ended a connection properly: 40 HEADs open no connection', async () => {
    await kept();
    const before = upstream.connections;
    for (let count = 0; count < 40; count += 1) {
      await ask('HEAD');
    }
    expect(await ask('GET', '/y')).toBe('200 /y');
    await ask('HEAD');
    expect(upstream.connections).toBe(before);
    expect(upstream.violations).toEqual([]);
  });

  it('is used again over TLS: 40 HEADs need no handshake', async () => {
    const authority = await TestCertificateAuthority.create();
    const secure = await RawUpstream.start({ tls: await authority.issue({ ips: ['127.0.0.1'] }) });
    const overTls = new UndiciTransport({ policy, purpose: 'connector', ca: [authority.caPem] });
    const plain = transport;
    transport = overTls;
    await kept(secure);
    const before = secure.connections;
    for (let count = 0; count < 40; count += 1) {
      await ask('HEAD', '/x', secure.url);
    }
    expect(secure.connections).toBe(before);
    await plain.close();
    await overTls.close();
    await secure.close();
    transport = new UndiciTransport({ policy, purpose: 'connector' });
  });

  it('shows nothing about the server when the response announces no body', async () => {
    upstream.answer = (_request, socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    for (let count = 1; count <= 5; count += 1) {
      await ask('HEAD');
      await until(() => upstream.open.size === 0);
      expect(upstream.connections).toBe(count);
    }
    upstream.answer = echo;
    await kept();
  });

  it.each<[string, (head: string, socket: Socket) => void]>([
    ['with the head', (head, socket) => socket.write(head + BODY)],
    ['right after the head', (head, socket) => socket.write(head, () => socket.write(BODY))],
    [
      'with the end of the connection',
      (head, socket) => {
        socket.write(head);
        socket.once('end', () => socket.write(BODY));
      },
    ],
    [
      'and is not valid HTTP',
      (head, socket) => {
        socket.write(head);
        socket.once('end', () => socket.write('never HTTP'));
      },
    ],
  ])('is never used again when the server sends a body %s', async (_when, send) => {
    upstream.answer = (request, socket) => (isHead(request) ? send(HEAD, socket) : echo(request, socket));
    for (let count = 0; count < 3; count += 1) {
      expect(await ask('HEAD')).toBe('200 ');
      expect(await ask('GET', `/${count}`)).toBe(`200 /${count}`);
      await until(() => upstream.open.size <= 1);
    }
    const used = upstream.requests.filter(isHead).map(({ connection }) => connection);
    expect(upstream.requests.filter((request) => !isHead(request) && used.includes(request.connection))).toEqual([]);
    expect(new Set(used).size).toBe(3);
  });

  it('is not used when the body arrives after the next request, which goes over another connection', async () => {
    const late = new Set<Socket>();
    upstream.answer = (request, socket) => {
      if (late.delete(socket)) {
        socket.write(BODY);
      }
      if (!isHead(request)) {
        return echo(request, socket);
      }
      late.add(socket);
      socket.write(HEAD);
    };
    for (const path of ['/a', '/b', '/c']) {
      expect(await ask('HEAD')).toBe('200 ');
      expect(await ask('GET', path)).toBe(`200 ${path}`);
    }
  });

  it('is never used again after a server sent a body, even if it sent none before', async () => {
    await kept();
    upstream.clear();
    upstream.answer = (request, socket) => (isHead(request) ? socket.write(HEAD + BODY) : echo(request, socket));
    expect(await ask('HEAD')).toBe('200 ');
    expect(await ask('GET', '/a')).toBe('200 /a');
    upstream.answer = echo;
    for (let count = 0; count < 3; count += 1) {
      await ask('HEAD');
    }
    const used = upstream.requests.filter(isHead).map(({ connection }) => connection);
    expect(new Set(used).size).toBe(4);
  });

  it('is tested again when there was no response', async () => {
    upstream.answer = (_request, socket) => socket.resetAndDestroy();
    await expect(ask('HEAD')).rejects.toMatchObject({ code: 'ConnectionReset' });
    upstream.answer = echo;
    await kept();
  });
});
