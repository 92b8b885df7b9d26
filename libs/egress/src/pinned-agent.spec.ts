import { LoopbackServer, TcpServer, TestCertificateAuthority, unusedPort } from '@oci-connector/testing-kit';
import { type Socket } from 'node:net';
import { type Agent, request } from 'undici';
import { classifyConnectError } from './connect-errors';
import { EgressPolicy } from './egress-policy';
import { type LookupAll } from './names/lookup-all';
import { type EgressErrorCode } from './egress.errors';
import { createPinnedAgent, type PinnedAgentOptions } from './pinned-agent';

describe('createPinnedAgent', () => {
  const open: { close: () => Promise<void> }[] = [];
  const opened = <T extends { close: () => Promise<void> }>(resource: T): T => (open.push(resource), resource);
  afterEach(async () => {
    for (const resource of open.splice(0).reverse()) {
      await resource.close();
    }
  });

  let authority: TestCertificateAuthority;
  beforeAll(async () => {
    authority = await TestCertificateAuthority.create();
  });

  let names: Record<string, string[]>;
  let asked: string[];
  beforeEach(() => {
    names = { 'registry.test': ['127.0.0.1'] };
    asked = [];
  });
  const lookup: LookupAll = (hostname) => {
    asked.push(hostname);
    const addresses = names[hostname];
    if (!addresses) {
      return Promise.reject(Object.assign(new Error('no such host'), { code: 'ENOTFOUND' }));
    }
    return Promise.resolve(addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })));
  };
  const newAgent = (options: Partial<PinnedAgentOptions> = {}, allowCIDRs = ['127.0.0.1/32']): Agent => {
    const policy = new EgressPolicy({ allowCIDRs, redirectCIDRs: [], refusedHosts: [], lookup });
    return opened(createPinnedAgent({ policy, purpose: 'connector', ...options }));
  };
  const startTls = async (issue: Parameters<TestCertificateAuthority['issue']>[0], from = authority): Promise<LoopbackServer> =>
    opened(await LoopbackServer.start((_request, response) => void response.end('hello'), { tls: await from.issue(issue) }));
  const startPlain = async (): Promise<LoopbackServer> =>
    opened(await LoopbackServer.start((_request, response) => void response.end('hello')));
  const startRaw = async (onConnection: (socket: Socket) => void): Promise<TcpServer> => opened(await TcpServer.start(onConnection));
  const get = async (url: URL, dispatcher: Agent, headers?: Record<string, string>): Promise<string> =>
    await (await request(url, { dispatcher, headers })).body.text();
  const codeOf = async (sending: Promise<unknown>): Promise<EgressErrorCode | undefined> =>
    await sending.then(
      () => Promise.reject(new Error('must fail')),
      (error: unknown) => classifyConnectError(error)?.code,
    );

  it('delivers a whole response when its connection ends while the reader pauses', async () => {
    let connection: Socket | undefined;
    const server = await startRaw((socket) => {
      connection = socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello'));
    });
    const ended = new Promise((resolve, reject) => {
      newAgent().dispatch(
        { origin: `http://127.0.0.1:${server.port}`, path: '/', method: 'GET' },
        {
          onRequestStart: () => undefined,
          onResponseData: (controller) => {
            controller.pause();
            connection?.end();
          },
          onResponseEnd: resolve,
          onResponseError: (_controller, error) => reject(error),
        },
      );
    });
    await ended;
  });

  it('C9 dials the checked address, and looks up the name once per connection', async () => {
    const server = await startPlain();
    const agent = newAgent({ connections: 1 });
    expect(await get(server.url('registry.test'), agent)).toBe('hello');
    expect(await get(server.url('registry.test'), agent)).toBe('hello');
    expect(server.requests.map(({ host }) => host)).toEqual(Array(2).fill(`registry.test:${server.port}`));
    expect(server.connections).toBe(1);
    expect(asked).toEqual(['registry.test']);
  });

  it('C9 lets a second DNS answer change nothing (rebinding)', async () => {
    const server = await startPlain();
    names['rebind.test'] = ['127.0.0.1'];
    const policy = new EgressPolicy({
      allowCIDRs: ['127.0.0.1/32'],
      redirectCIDRs: [],
      refusedHosts: [],
      // The first answer is the allowed address, every later one an address that is not.
      lookup: async (hostname, caller) => await lookup(hostname, caller).finally(() => (names['rebind.test'] = ['127.0.0.2'])),
    });
    const agent = newAgent({ policy });
    const url = server.url('rebind.test');
    expect(await get(url, agent)).toBe('hello');
    expect(asked).toEqual(['rebind.test']);
    await server.close();
    open.splice(open.indexOf(server), 1);
    // A new connection causes a new lookup, and its answer is checked again.
    expect(await codeOf(get(url, agent))).toBe('AddressNotAllowed');
  });

  it.each([
    ['a name', 'evil.test'],
    ['an address', '127.0.0.1'],
    ['another notation of an address', '0x7f.1'],
    ['a v4-mapped address', '[::ffff:127.0.0.1]'],
    ['an IPv6 address', '[::1]'],
    ['one allowed address of two', 'both.test'],
  ])('C9 makes no connection to %s that is not allowed', async (_name, host) => {
    const server = await startPlain();
    names['evil.test'] = ['127.0.0.1'];
    names['both.test'] = ['93.184.216.34', '127.0.0.1'];
    expect(await codeOf(get(new URL(`http://${host}:${server.port}/`), newAgent({}, [])))).toBe('AddressNotAllowed');
    expect(server.connections).toBe(0);
  });

  it('continues with the next address when one does not respond', async () => {
    const server = await startPlain();
    names['two.test'] = ['127.0.0.9', '127.0.0.1'];
    expect(await get(server.url('two.test'), newAgent({}, ['127.0.0.0/8']))).toBe('hello');
  });

  it('verifies TLS against the name, sends it as SNI, and speaks HTTP/1.1', async () => {
    const server = await startTls({ names: ['registry.test'] });
    const agent = newAgent({ ca: [authority.caPem] });
    expect(await get(server.url('registry.test'), agent)).toBe('hello');
    expect(server.requests).toMatchObject([{ host: `registry.test:${server.port}`, servername: 'registry.test', alpn: 'http/1.1' }]);
  });

  it('verifies TLS against an address, without SNI', async () => {
    const server = await startTls({ ips: ['127.0.0.1'] });
    expect(await get(server.url('127.0.0.1'), newAgent({ ca: [authority.caPem] }))).toBe('hello');
    expect(server.requests[0]?.servername).toBe(false);
  });

  it('verifies the certificate for the URL’s host, whatever the Host header is', async () => {
    const server = await startTls({ names: ['other.test'] });
    expect(await codeOf(get(server.url('registry.test'), newAgent({ ca: [authority.caPem] }), { host: 'other.test' }))).toBe(
      'CertificateInvalid',
    );
    expect(server.requests).toEqual([]);
  });

  it.each([
    [
      'an unknown authority',
      async () => startTls({ names: ['registry.test'] }, await TestCertificateAuthority.create()),
      /spec\.caCertSecretRef/,
    ],
    ['another name', () => startTls({ names: ['other.test'] }), /another host name/],
    ['another address', () => startTls({ ips: ['127.0.0.1'] }), /another host name/],
    ['the past', () => startTls({ names: ['registry.test'], notAfter: new Date(Date.now() - 3_600_000) }), /expired/],
    ['the future', () => startTls({ names: ['registry.test'], notBefore: new Date(Date.now() + 3_600_000) }), /not valid yet/],
  ])('sends nothing to a server whose certificate is of %s', async (_name, start, advice) => {
    const server = await start();
    const error: unknown = await get(server.url('registry.test'), newAgent({ ca: [authority.caPem] })).catch((caught: unknown) => caught);
    expect(classifyConnectError(error)).toMatchObject({ code: 'CertificateInvalid', message: expect.stringMatching(advice) as string });
    expect(server.requests).toEqual([]);
  });

  it('trusts no private authority that is not configured', async () => {
    const server = await startTls({ names: ['registry.test'] });
    expect(await codeOf(get(server.url('registry.test'), newAgent()))).toBe('CertificateInvalid');
  });

  it('reports that nothing listens', async () => {
    const port = await unusedPort();
    expect(await codeOf(get(new URL(`http://registry.test:${port}/`), newAgent()))).toBe('ConnectionRefused');
    expect(await codeOf(get(new URL(`https://127.0.0.1:${port}/`), newAgent()))).toBe('ConnectionRefused');
  });

  it('reports that a name has no address', async () => {
    expect(await codeOf(get(new URL('http://nowhere.test/'), newAgent()))).toBe('HostNotFound');
  });

  it('reports plain http where https was expected', async () => {
    const server = await startPlain();
    expect(await codeOf(get(new URL(`https://registry.test:${server.port}/`), newAgent()))).toBe('TlsFailed');
  });

  it('reports a response that is not HTTP', async () => {
    const server = await startRaw((socket) => socket.resume().end('SSH-2.0-OpenSSH_9.2\r\n'));
    expect(await codeOf(get(new URL(`http://registry.test:${server.port}/`), newAgent()))).toBe('ResponseInvalid');
  });

  it('reports that the connection was closed', async () => {
    const server = await startRaw((socket) => socket.once('data', () => socket.destroy()));
    expect(await codeOf(get(new URL(`http://registry.test:${server.port}/`), newAgent()))).toBe('ConnectionReset');
  });

  it('gives up on a handshake that never ends', async () => {
    const server = await startRaw((socket) => void socket.resume());
    const agent = newAgent({ connectTimeoutMs: 200 });
    expect(await codeOf(get(new URL(`https://registry.test:${server.port}/`), agent))).toBe('ConnectTimeout');
  });

  it('gives up on a missing response, when it has a limit', async () => {
    const server = opened(await LoopbackServer.start(() => undefined));
    expect(await codeOf(get(server.url('registry.test'), newAgent({ headersTimeoutMs: 100 })))).toBe('ResponseTimeout');
  });

  it('opens no more connections than its limit', async () => {
    const server = await startPlain();
    const agent = newAgent({ connections: 2 });
    await Promise.all(Array.from({ length: 10 }, () => get(server.url('registry.test'), agent)));
    expect(server.connections).toBeLessThanOrEqual(2);
  });
});
