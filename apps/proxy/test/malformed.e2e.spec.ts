import { connect } from 'node:net';
import { until } from '@oci-connector/testing-kit';
import { type FixtureRegistry, startFixtureRegistry } from '@oci-connector/testing-registry';
import { basic, prefix, ProxyWorld } from './proxy-world';
import { rawExchange } from './raw-exchange';

const MANIFEST = `${prefix()}/team/app/manifests/v1`;

describe('input that is not a valid request', () => {
  let world: ProxyWorld;
  let registry: FixtureRegistry;

  beforeAll(async () => {
    world = await ProxyWorld.start();
    registry = await startFixtureRegistry();
    await world.connect(registry);
  });

  beforeEach(() => registry.clearRequests());

  afterAll(async () => {
    await world.close();
    await registry.close();
  });

  it.each([
    [431, 'UNKNOWN', /64 KiB/, ['GET /v2/ HTTP/1.1', 'Host: a', `X-Long: ${'x'.repeat(70_000)}`]],
    [400, 'UNKNOWN', /valid HTTP/, ['GET /v2/ HTTP/1.1', 'Host: a', 'Broken header']],
    [400, 'UNKNOWN', /exactly one valid Host/, ['GET /v2/ HTTP/1.1', 'Host: a', 'Host: b']],
    [400, 'UNKNOWN', /exactly one valid Host/, ['GET /v2/ HTTP/1.1', 'Host: a@b']],
    [417, 'UNSUPPORTED', /100-continue/, ['GET /v2/ HTTP/1.1', 'Host: a', 'Expect: tea']],
  ])('%i %s for invalid input', async (status, code, message, lines) => {
    const response = await rawExchange(world.proxy.httpPort, [...lines, 'Connection: close']);
    expect(response.startsWith(`HTTP/1.1 ${status} `)).toBe(true);
    expect(response).toContain(`"code":"${code}"`);
    expect(response).toMatch(message);
  });

  it.each([
    ['RequestMalformed', ['GET /v2/ HTTP/1.1', 'Host: a', 'Broken header']],
    ['HeaderTooLarge', ['GET /v2/ HTTP/1.1', 'Host: a', `X-Long: ${'x'.repeat(70_000)}`]],
    ['ExpectationFailed', ['PUT /v2/ HTTP/1.1', 'Host: a', 'Expect: tea', 'Content-Length: 3']],
  ])('%s: invalid input is counted and logged, and its connection closed', async (code, lines) => {
    const before = await rejected('http', code);
    // Resolves only because the proxy closes the connection.
    await rawExchange(world.proxy.httpPort, lines);
    expect(await rejected('http', code)).toBe(before + 1);
    expect(world.logLines.some(({ msg, code: logged }) => logged === code && String(msg).startsWith('rejected: '))).toBe(true);
  });

  it('is also answered on a connection that served requests before', async () => {
    const first = `GET ${MANIFEST} HTTP/1.1\r\nHost: a\r\n\r\n`;
    const before = await rejected('http', 'RequestMalformed');
    const response = await rawExchange(world.proxy.httpPort, [`${first}GET ${MANIFEST} HTTP/1.1`, 'Host a']);
    expect(response.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 401', 'HTTP/1.1 400']);
    expect(await rejected('http', 'RequestMalformed')).toBe(before + 1);
  });

  it('with an expectation that cannot be met is answered after the response before it', async () => {
    const held = registry.faults.add({ kind: 'hold', match: { path: /manifests/ } });
    const authorization = `Authorization: ${basic(world.token('puller'))}`;
    const first = `GET ${MANIFEST} HTTP/1.1\r\nHost: a\r\n${authorization}\r\n\r\n`;
    const answering = rawExchange(world.proxy.httpPort, [
      `${first}PUT ${MANIFEST} HTTP/1.1`,
      'Host: a',
      authorization,
      'Expect: tea',
      'Content-Length: 3',
    ]);
    await until(() => registry.requests.some(({ path }) => path.includes('manifests')));
    held.release();
    expect((await answering).match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 404', 'HTTP/1.1 417']);
  });

  it('of a client that resets its connection after CONNECT ends only this connection', async () => {
    const held = registry.faults.add({ kind: 'hold', match: { path: /manifests/ } });
    const authorization = `Authorization: ${basic(world.token('puller'))}`;
    const client = connect(world.proxy.httpPort, '127.0.0.1');
    // The response to CONNECT waits for the response before it, so none of its bytes have been written yet.
    client.write(`GET ${MANIFEST} HTTP/1.1\r\nHost: a\r\n${authorization}\r\n\r\nCONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n`);
    await until(() => registry.requests.some(({ path }) => path.includes('manifests')));
    client.resetAndDestroy();
    await until(() => world.accesses.some(({ outcome }) => outcome === 'client-aborted'));
    held.release();
    expect((await world.send('/v2/')).status).toBe(200);
  });

  it('gets 400 for http on the https port, with advice', async () => {
    const before = await rejected('https', 'RequestMalformed');
    const response = await rawExchange(world.proxy.httpsPort, ['GET /v2/ HTTP/1.1', 'Host: a', `Authorization: ${basic('secret')}`]);
    expect(response).toMatch(/^HTTP\/1\.1 400 Bad Request: this port speaks https; begin the address with https:\/\/\r\n/);
    expect(response).toContain('"message":"this port speaks https; begin the address with https://"');
    expect(await rejected('https', 'RequestMalformed')).toBe(before + 1);
  });

  it('gets 400 within TLS for bytes that are not HTTP', async () => {
    const tls = { ca: world.ca.certificate, servername: 'c-registry.platform.svc' };
    const response = await rawExchange(world.proxy.httpsPort, ['GET /v2/ HTTP/1.1', 'Host: a', '', 'GARBAGE'], { tls });
    expect(response.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 401', 'HTTP/1.1 400']);
  });

  async function rejected(listener: string, code: string): Promise<number> {
    const text = await (await fetch(`${world.proxy.adminUrl}/metrics`)).text();
    return Number(
      new RegExp(`connectors_proxy_rejected_requests_total\\{listener="${listener}",code="${code}"\\} (\\d+)`).exec(text)?.[1] ?? 0,
    );
  }
});
