import { type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { until, RawUpstream } from '@oci-connector/testing-kit';
import { type ProxyWorld } from './proxy-world';
import {
  ACCEPT,
  ACCEPTED,
  ACCOUNT,
  applyService,
  AUTHORIZATION,
  BASE,
  handshake,
  RawClient,
  startWebSocketWorld,
} from './web-socket-world';

const SMUGGLED = `GET ${BASE}/smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n`;

/** Clients and services that violate RFC 6455, byte for byte. */
describe('an upgrade', () => {
  let world: ProxyWorld;
  let service: RawUpstream;

  beforeAll(async () => {
    service = await RawUpstream.start();
    world = await startWebSocketWorld(service.url, { settings: { idleTimeout: 60_000 } });
  });

  beforeEach(() => {
    service.clear();
    applyService(world, { http: { upgrade: { verb: 'update' } } });
    service.answer = (_request, socket) => void socket.write(`${ACCEPTED}\r\n`);
  });

  afterAll(async () => {
    await world.close();
    await service.close();
  });

  const messageOf = ({ body }: RawClient): string => (JSON.parse(body) as { errors: { message: string }[] }).errors[0]?.message ?? '';

  describe('that is not served', () => {
    it.each<[string, Parameters<typeof handshake>[1], RegExp]>([
      ['h2c', { headers: { upgrade: 'h2c', connection: 'Upgrade, HTTP2-Settings', 'http2-settings': 'AAMAAABk' } }, /--http1\.1/],
      ['SPDY', { method: 'POST', headers: { upgrade: 'SPDY/3.1' } }, /WebSocket/],
      ['two protocols', { headers: { upgrade: 'websocket, h2c' } }, /WebSocket/],
      ['two protocols in two lines', { headers: { upgrade: 'websocket', Upgrade: 'h2c' } }, /WebSocket/],
      ['POST', { method: 'POST' }, /a GET/],
      ['HEAD', { method: 'HEAD' }, /^$/],
      ['DELETE', { method: 'DELETE', as: 'admin' }, /a GET/],
      ['no Connection', { headers: { connection: undefined } }, /Connection: Upgrade/],
      ['a Connection that does not name it', { headers: { connection: 'keep-alive' } }, /Connection: Upgrade/],
      ['content', { headers: { 'content-length': '5' }, early: 'hello' }, /without content/],
      ['chunked content', { headers: { 'transfer-encoding': 'chunked' }, early: '5\r\nhello\r\n0\r\n\r\n' }, /without content/],
      ['another version', { headers: { 'sec-websocket-version': '8' } }, /Sec-WebSocket-Version: 13/],
      ['two versions', { headers: { 'sec-websocket-version': '13', 'Sec-WebSocket-Version': '13' } }, /Sec-WebSocket-Version: 13/],
      ['no version', { headers: { 'sec-websocket-version': undefined } }, /Sec-WebSocket-Version: 13/],
    ])('gets 501 with advice: %s', async (_what, options, message) => {
      const client = await (await RawClient.ask(world, { ...options, early: `${options?.early ?? ''}${SMUGGLED}` })).closed();
      expect(client.status).toBe(501);
      expect(client.head.toLowerCase()).toContain('sec-websocket-version: 13');
      expect(client.head.toLowerCase()).toContain('connection: close');
      expect(client.body === '' ? '' : messageOf(client)).toMatch(message);
      // Neither this request nor the next one went upstream.
      expect(client.received.match(/HTTP\/1\.1 \d/g)).toHaveLength(1);
      expect(service.requests).toEqual([]);
    });

    it('gets 501 if the class does not allow it', async () => {
      applyService(world, {});
      await until(async () => (await (await RawClient.ask(world)).closed()).status === 501);
      service.clear();
      const client = await (await RawClient.ask(world, { early: SMUGGLED })).closed();
      expect(messageOf(client)).toMatch(/spec\.http\.upgrade/);
      expect(client.received.match(/HTTP\/1\.1 \d/g)).toHaveLength(1);
      expect(service.requests).toEqual([]);
      applyService(world, { http: { upgrade: { verb: 'update' } } });
      await until(async () => {
        const allowed = await RawClient.ask(world);
        await until(() => allowed.status > 0);
        allowed.socket.destroy();
        return allowed.status === 101;
      });
    });

    it.each(['', 'c2hvcnQ=', `dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ==`])('gets 400 with the key %p', async (key) => {
      const client = await (await RawClient.ask(world, { headers: { 'sec-websocket-key': key } })).closed();
      expect(client.status).toBe(400);
      expect(service.requests).toEqual([]);
    });

    it.each<[string, Parameters<typeof handshake>[1], number]>([
      ['no token', { headers: { authorization: undefined } }, 401],
      ['no permission', { as: 'stranger' }, 403],
      ['the permission for GET only', { as: 'puller' }, 403],
      ['a path that leads out', { path: `${BASE}/..%2f..%2fx` }, 400],
    ])('is refused like any request, and its connection closed: %s', async (_what, options, status) => {
      const client = await (await RawClient.ask(world, { ...options, early: SMUGGLED })).closed();
      expect(client.status).toBe(status);
      expect(client.received.match(/HTTP\/1\.1 \d/g)).toHaveLength(1);
      expect(service.requests).toEqual([]);
    });

    it('says which further verb the class requires, and how to grant it', async () => {
      const client = await (await RawClient.ask(world, { as: 'puller' })).closed();
      expect(messageOf(client)).toMatch(
        /^a WebSocket of this class needs the verb update too: system:serviceaccount:\S+:puller may not update connectors\/proxy "service" in namespace "platform"; bind it to the ClusterRole connectors-pusher there: kubectl /,
      );
    });

    it('reveals nothing about Connectors to clients without permission', async () => {
      const absent = '/namespaces/platform/connectors/absent/x';
      const existing = await (await RawClient.ask(world, { as: 'stranger' })).closed();
      const other = await (await RawClient.ask(world, { as: 'stranger', path: absent })).closed();
      expect(messageOf(other).replace('absent', 'service')).toBe(messageOf(existing));
    });
  });

  it('of a registry gets 501, except h2c, which is ignored: oras-java sends it with every request', async () => {
    const registry = await RawUpstream.start();
    registry.answer = ({ line }, socket) =>
      void socket.write(`HTTP/1.1 ${line.startsWith('PUT') ? 201 : 200} OK\r\nContent-Length: 0\r\n\r\n`);
    await world.connect({ url: registry.url }, { name: 'registry' });
    const path = '/v2/namespaces/platform/connectors/registry/app';
    const h2c = { upgrade: 'h2c', connection: 'Upgrade, HTTP2-Settings', 'http2-settings': 'AAMAAABk' };
    await world.send(`${path}/tags/list`);
    registry.clear();
    const read = await (await RawClient.ask(world, { path: `${path}/manifests/v1`, headers: h2c, early: SMUGGLED })).closed();
    expect(read.status).toBe(200);
    expect(read.received.match(/HTTP\/1\.1 \d/g)).toHaveLength(1);
    const write = await RawClient.ask(world, {
      method: 'PUT',
      path: `${path}/manifests/v1`,
      headers: { ...h2c, 'content-type': 'application/json', 'content-length': '2' },
      early: '{}',
    });
    expect((await write.closed()).status).toBe(201);
    expect(registry.requests.map(({ line, body }) => `${line} ${body}`)).toEqual([
      'GET /v2/app/manifests/v1 HTTP/1.1 ',
      'PUT /v2/app/manifests/v1 HTTP/1.1 {}',
    ]);
    expect(registry.requests.map(({ head }) => head).join()).not.toMatch(/upgrade|http2|h2c/i);
    for (const upgrade of ['websocket', 'h2c, websocket', 'SPDY/3.1']) {
      expect((await (await RawClient.ask(world, { path: `${path}/manifests/v1`, headers: { upgrade } })).closed()).status).toBe(501);
    }
    expect(registry.requests).toHaveLength(2);
    await registry.close();
  });

  it('after a request without a response yet is refused after that response', async () => {
    let answerFirst = (): void => undefined;
    service.answer = (_request, socket) => {
      answerFirst = () => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst');
    };
    const client = await RawClient.connect(world.proxy.httpPort);
    const first = handshake(world, { headers: { connection: undefined, upgrade: undefined } });
    client.socket.write(first + handshake(world, { early: SMUGGLED }));
    await until(() => service.requests.length === 1);
    answerFirst();
    await client.closed();
    expect(client.received.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 400']);
    expect(service.requests).toHaveLength(1);
  });

  it('after a malformed request gets no response', async () => {
    const client = await RawClient.connect(world.proxy.httpPort);
    client.socket.write(`GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n${handshake(world, { early: SMUGGLED })}`);
    await client.closed();
    expect(client.received.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 400']);
    expect(service.requests).toEqual([]);
  });

  it('on a connection that was used before is served', async () => {
    service.answer = ({ head }, socket) =>
      void socket.write(/upgrade/i.test(head) ? `${ACCEPTED}\r\n` : 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    const client = await RawClient.connect(world.proxy.httpPort);
    client.socket.write(handshake(world, { headers: { connection: undefined, upgrade: undefined } }));
    await until(() => client.received.endsWith('ok'));
    client.received = '';
    client.socket.write(handshake(world));
    await until(() => client.status === 101);
    client.socket.destroy();
  });

  it('passes on bytes that the client sent too early, once and after the response, and bytes that came with the response', async () => {
    const frames: string[] = [];
    let upstream: Socket | undefined;
    service.answer = ({ line }, socket) => {
      upstream = socket.removeAllListeners('data');
      socket.on('data', (chunk: Buffer) => frames.push(chunk.toString('latin1')));
      expect(line).toBe('GET /x HTTP/1.1');
      void pause(50).then(() => socket.write(`${ACCEPTED}\r\nserver-frame`));
    };
    const client = await RawClient.ask(world, { early: 'early-' });
    client.socket.write('frame');
    await until(() => frames.join('') === 'early-frame' && client.body === 'server-frame');
    client.socket.destroy();
    await until(() => upstream?.closed === true);
  });

  describe('whose response', () => {
    const answer = (text: string): void => {
      service.answer = (_request, socket) => void socket.end(text, 'latin1');
    };

    it.each<[string, string]>([
      ['switches to another protocol', ACCEPTED.replace('websocket', 'h2c')],
      ['names no protocol', ACCEPTED.replace('Upgrade: websocket\r\n', '')],
      ['does not know the key', ACCEPTED.replace(ACCEPT, 'AAAAAAAAAAAAAAAAAAAAAAAAAAA=')],
      ['knows two keys', `${ACCEPTED}Sec-WebSocket-Accept: ${ACCEPT}\r\n`],
      ['has no key', ACCEPTED.replace(/Sec.*\r\n/, '')],
      ['chooses a subprotocol that was not offered', `${ACCEPTED}Sec-WebSocket-Protocol: ${AUTHORIZATION}\r\n`],
      ['uses an extension that was not offered', `${ACCEPTED}Sec-WebSocket-Extensions: x-secret; v=${ACCOUNT.password}\r\n`],
      ['is not HTTP', 'SSH-2.0-OpenSSH_9.2\r\n'],
      ['has a header without a colon', `${ACCEPTED}nonsense\r\n`],
      ['is too large', `${ACCEPTED}X-Long: ${'x'.repeat(70_000)}\r\n`],
      ['is framed in two ways', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n'],
      ['ends before its head', 'HTTP/1.1 101 Swi'],
      ['is 407', 'HTTP/1.1 407 Proxy\r\nContent-Length: 0\r\n'],
      ['is a status that does not exist', 'HTTP/1.1 799 What\r\nContent-Length: 0\r\n'],
    ])('%s gets 502, and no byte of it is passed on', async (_what, head) => {
      answer(`${head}\r\nrest-of-the-service`);
      const client = await (await RawClient.ask(world)).closed();
      expect(client.status).toBe(502);
      expect(client.received).not.toMatch(/rest-of-the-service|secret|correct-horse|x{100}|nonsense/);
      expect(client.received).not.toContain(AUTHORIZATION);
      expect(messageOf(client)).toMatch(/\S/);
      await until(() => service.open.size === 0);
    });

    it('is missing gets 502', async () => {
      service.answer = (_request, socket) => void socket.destroy();
      expect((await (await RawClient.ask(world)).closed()).status).toBe(502);
    });

    it('refuses the WebSocket is handled like any other: its headers filtered, its URLs mapped, its body complete', async () => {
      const body = 'y'.repeat(300_000);
      answer(
        `HTTP/1.1 403 Forbidden\r\nContent-Length: ${body.length}\r\nX-Kept: yes\r\nSet-Cookie: sid=1\r\nProxy-Authenticate: Basic\r\nAuthorization: ${AUTHORIZATION}\r\nKeep-Alive: timeout=5\r\nConnection: x-hop\r\nX-Hop: 1\r\nUpgrade: h2c\r\nContent-Location: ${service.url}/elsewhere\r\nX-Two: 1\r\nX-Two: 2\r\n\r\n${body}`,
      );
      const client = await (await RawClient.ask(world)).closed();
      expect(client.status).toBe(403);
      expect(client.body).toBe(body);
      const names = client.head
        .split('\r\n')
        .slice(1)
        .map((line) => line.split(':', 1)[0]?.toLowerCase());
      expect(names.filter((name) => name !== 'date').sort()).toEqual([
        'connection',
        'content-length',
        'content-location',
        'x-kept',
        'x-two',
        'x-two',
      ]);
      expect(client.head).toContain(`content-location: ${BASE}/elsewhere`);
      expect(client.head.toLowerCase()).toContain('connection: close');
    });

    it('is chunked and breaks off ends the connection of the client', async () => {
      answer('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n');
      const client = await (await RawClient.ask(world)).closed();
      expect(client.status).toBe(200);
      expect(client.received.endsWith('0\r\n\r\n')).toBe(false);
    });

    it.each([301, 302, 307, 308])('%i to its own place is mapped and not followed; to another place it gets 502', async (status) => {
      answer(`HTTP/1.1 ${status} Moved\r\nContent-Length: 0\r\nLocation: ${service.url}/other\r\n\r\n`);
      const own = await (await RawClient.ask(world)).closed();
      expect([own.status, own.head.includes(`location: ${BASE}/other`)]).toEqual([status, true]);
      answer(`HTTP/1.1 ${status} Moved\r\nContent-Length: 0\r\nLocation: http://evil.example/\r\n\r\n`);
      expect((await (await RawClient.ask(world)).closed()).status).toBe(502);
      expect(service.requests).toHaveLength(2);
    });

    it('is 401 is reported as a refused credential, without its challenge', async () => {
      answer('HTTP/1.1 401 No\r\nContent-Length: 3\r\nWWW-Authenticate: Basic realm="service"\r\n\r\nwho');
      const client = await (await RawClient.ask(world)).closed();
      expect(client.status).toBe(403);
      expect(client.head).not.toMatch(/authenticate/i);
      expect(service.requests).toHaveLength(1);
    });

    it('does not arrive is no longer awaited when the client disconnects', async () => {
      service.answer = () => undefined;
      const client = await RawClient.ask(world);
      await until(() => service.requests.length === 1);
      client.socket.end();
      await until(() => service.open.size === 0);
      await until(() => world.accesses.some(({ outcome }) => outcome === 'client-aborted'));
    });

    it('does not arrive while the client floods ends the connection of the client', async () => {
      service.answer = () => undefined;
      const client = await RawClient.ask(world, { early: 'x'.repeat(1_000) });
      await until(() => service.requests.length === 1);
      client.socket.write('x'.repeat(200_000));
      await until(() => client.socket.closed && service.open.size === 0);
    });
  });
});
