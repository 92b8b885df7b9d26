import { RawUpstream, until } from '@oci-connector/testing-kit';
import { ForwardWorld, PORTS, readAnswer } from './forward-world';
import { basic, CONNECTORS } from './proxy-world';

const PLAIN = 'plain.example';
const OWN = `c-plain.${CONNECTORS}.svc`;

/** What a client sends before the answer to CONNECT, in tunnels without TLS. */
describe.each(PORTS)('data that a client sends with its CONNECT (%s port)', (port) => {
  let forward: ForwardWorld;
  let upstream: RawUpstream;
  let authority: string;

  beforeAll(async () => {
    forward = await ForwardWorld.start();
    upstream = await RawUpstream.start();
    authority = `${PLAIN}:${upstream.port}`;
    forward.names[PLAIN] = ['127.0.0.1'];
    forward.world.applyClass('service', { protocol: 'http', livenessProbe: undefined });
    await forward.connect(`http://${authority}`, { name: 'plain', className: 'service' });
  });

  beforeEach(() => {
    upstream.clear();
    forward.lookups.length = 0;
  });

  afterEach(() => {
    forward.world.kube.faults.resume();
    forward.closeSockets();
    expect(upstream.violations).toEqual([]);
  });

  afterAll(async () => {
    await forward.close();
    await upstream.close();
  });

  const user = `${CONNECTORS}/plain`;
  const connectTo = (to: string, as: 'puller' | 'stranger' = 'puller'): string =>
    `CONNECT ${to} HTTP/1.1\r\nHost: ${to}\r\nProxy-Authorization: ${forward.login({ as, user })['proxy-authorization'] ?? ''}\r\n\r\n`;
  const get = (path: string, headers = ''): string => `GET ${path} HTTP/1.1\r\nHost: ${authority}\r\n${headers}\r\n`;

  it('is the first request of the tunnel, and waits until the tunnel is allowed', async () => {
    forward.world.kube.faults.pause({ resource: 'subjectaccessreviews' });
    const socket = await forward.dial(port);
    socket.write(connectTo(authority) + get('/first').slice(0, 20));
    socket.write(get('/first').slice(20));
    const paused = (): number => forward.world.kube.requests.entries.filter(({ resource }) => resource === 'subjectaccessreviews').length;
    await until(() => paused() > 0);
    expect([upstream.lines, forward.lookups]).toEqual([[], []]);
    forward.world.kube.faults.resume();
    expect((await readAnswer(socket)).status).toBe(200);
    expect((await readAnswer(socket)).body).toBe('/first');
    expect(upstream.lines).toEqual(['GET /first HTTP/1.1']);
  });

  it('is several requests, which are answered in their order', async () => {
    const socket = await forward.dial(port);
    socket.write(connectTo(authority) + get('/a') + get('/b') + get('/c'));
    const answers = [];
    for (let count = 0; count < 4; count += 1) {
      const { status, body } = await readAnswer(socket);
      answers.push(`${status} ${body}`);
    }
    expect(answers).toEqual(['200 ', '200 /a', '200 /b', '200 /c']);
  });

  it('of a CONNECT that is refused is nothing, and the connection closes', async () => {
    const text = await forward.exchange(await forward.dial(port), connectTo(authority, 'stranger') + get('/first'));
    expect(text).toMatch(/^HTTP\/1\.1 403 [^]*\r\nConnection: close\r\n/);
    expect(text.split('HTTP/1.1 ')).toHaveLength(2);
    expect([upstream.lines, forward.lookups]).toEqual([[], []]);
  });

  it('closes the connection if it is more than 64 KiB', async () => {
    forward.world.kube.faults.pause({ resource: 'subjectaccessreviews' });
    const socket = await forward.dial(port);
    socket.write(connectTo(authority) + get('/first', `X-Long: ${'x'.repeat(40_000)}\r\n`).repeat(4));
    // A reset, because the proxy does not read the rest.
    await new Promise((resolve) => socket.once('close', resolve));
    expect([upstream.lines, forward.lookups]).toEqual([[], []]);
  });

  it.each([
    ['an HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['garbage', 'garbage\r\n\r\n'],
    ['a TLS handshake', '\x16\x03\x01\x00\x04\x01\x00\x00\x00'],
  ])('that is %s gets 400, and nothing goes upstream', async (_name, data) => {
    const text = await forward.exchange(await forward.dial(port), connectTo(authority) + data);
    expect(text).toMatch(
      /^HTTP\/1\.1 200 Connection Established\r\n\r\nHTTP\/1\.1 400 Bad Request: the request is not valid HTTP\/1\.1\r\n[^]*\r\nconnection: close\r\n\r\n\{"errors":\[\{"code":"UNKNOWN","message":"the request is not valid HTTP\/1\.1"\}\]\}$/,
    );
    expect([upstream.lines, forward.lookups]).toEqual([[], []]);
  });

  it("is a request to the proxy's own name, with its own login", async () => {
    const socket = await forward.dial(port);
    const login = `Authorization: ${basic(forward.world.token('puller'))}\r\n`;
    socket.write(`CONNECT ${OWN}:80 HTTP/1.1\r\nHost: ${OWN}:80\r\n\r\n${get('/mine', login).replace(authority, OWN)}`);
    expect((await readAnswer(socket)).status).toBe(200);
    expect((await readAnswer(socket)).body).toBe('/mine');
    expect(upstream.requests.map(({ head }) => /proxy-auth/i.test(head))).toEqual([false]);
  });
});
