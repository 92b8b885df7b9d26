import { once } from 'node:events';
import { type Socket } from 'node:net';
import { LoopbackServer, TcpServer, TestCertificateAuthority, unusedPort, until } from '@oci-connector/testing-kit';
import { EgressPolicy, type EgressPolicyOptions } from './egress-policy';
import { pinnedConnect, type PinnedConnectOptions } from './pinned-connect';

describe('pinnedConnect', () => {
  const open: { close: () => Promise<void> }[] = [];
  const opened = <T extends { close: () => Promise<void> }>(resource: T): T => (open.push(resource), resource);
  const sockets: Socket[] = [];
  afterEach(async () => {
    sockets.splice(0).forEach((socket) => socket.destroy());
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

  const policyOf = (options: Partial<EgressPolicyOptions> = {}): EgressPolicy =>
    new EgressPolicy({
      allowCIDRs: ['127.0.0.1/32'],
      redirectCIDRs: [],
      refusedHosts: [],
      lookup: (name) => {
        asked.push(name);
        const found = names[name];
        return found
          ? Promise.resolve(found.map((address) => ({ address })))
          : Promise.reject(Object.assign(new Error('no such host'), { code: 'ENOTFOUND' }));
      },
      ...options,
    });
  const connectWith = (options: Partial<PinnedConnectOptions> = {}): ReturnType<typeof pinnedConnect> => {
    const connect = pinnedConnect({ policy: policyOf(), purpose: 'connector', ...options });
    return async (origin, how) => {
      const socket = await connect(origin, how);
      sockets.push(socket);
      return socket;
    };
  };
  const to = (port: number, host = 'registry.test', tls = false): string => `${tls ? 'https' : 'http'}://${host}:${port}`;

  /** Sends "hello" on every connection. */
  const greeting = async (): Promise<TcpServer> => opened(await TcpServer.start((socket) => socket.write('hello')));

  async function hear(socket: Socket): Promise<string> {
    const [piece] = (await once(socket, 'data')) as [Buffer];
    return piece.toString();
  }

  it('C9 dials the checked address of a name, looked up once', async () => {
    const server = await greeting();
    expect(await hear(await connectWith()(to(server.port)))).toBe('hello');
    expect(asked).toEqual(['registry.test']);
    expect(await hear(await connectWith()(to(server.port, '127.0.0.1')))).toBe('hello');
    expect(asked).toEqual(['registry.test']);
  });

  it.each([
    ['a name', 'evil.test'],
    ['one allowed address of two', 'both.test'],
    ['an address', '127.0.0.1'],
    ['another notation of an address', '0x7f.1'],
    ['a v4-mapped address', '[::ffff:127.0.0.1]'],
    ['an IPv6 address', '[::1]'],
  ])('C9 never dials a refused address: %s', async (_what, host) => {
    const server = await greeting();
    names['evil.test'] = ['127.0.0.1'];
    names['both.test'] = ['93.184.216.34', '127.0.0.1'];
    for (const tls of [false, true]) {
      const connect = connectWith({ policy: policyOf({ allowCIDRs: [] }) });
      await expect(connect(to(server.port, host, tls))).rejects.toMatchObject({ code: 'AddressNotAllowed' });
    }
    expect(server.connections).toBe(0);
  });

  it('C9 checks the port too: an address that is refused on one port may be a registry on another', async () => {
    const server = await greeting();
    const policy = policyOf();
    const resolve = jest.spyOn(policy, 'resolve');
    await connectWith({ policy })(to(server.port));
    expect(resolve.mock.calls).toEqual([['registry.test', server.port, 'connector']]);
  });

  it('C9 does not dial the addresses of a second DNS answer', async () => {
    const server = await greeting();
    let answers = 0;
    const policy = policyOf({ lookup: () => Promise.resolve([{ address: (answers += 1) === 1 ? '127.0.0.1' : '127.0.0.2' }]) });
    await connectWith({ policy })(to(server.port));
    expect(answers).toBe(1);
    await expect(connectWith({ policy })(to(server.port))).rejects.toMatchObject({ code: 'AddressNotAllowed' });
    expect(server.connections).toBe(1);
  });

  it('continues with the next address when one does not respond', async () => {
    const server = await greeting();
    names['two.test'] = ['127.0.0.9', '127.0.0.1'];
    const connect = connectWith({ policy: policyOf({ allowCIDRs: ['127.0.0.0/8'] }) });
    expect(await hear(await connect(to(server.port, 'two.test')))).toBe('hello');
    expect(asked).toEqual(['two.test']);
  });

  it.each([1, 2])('reads into the given buffer, after the caller resumes the connection (%d addresses)', async (count) => {
    const server = await greeting();
    names['registry.test'] = ['127.0.0.1', '127.0.0.2'].slice(0, count);
    const read: string[] = [];
    const onread = {
      buffer: Buffer.alloc(16),
      callback: (bytes: number, buffer: Uint8Array): boolean => {
        read.push(String(Buffer.from(buffer.subarray(0, bytes))));
        return true;
      },
    };
    const connect = connectWith({ policy: policyOf({ allowCIDRs: ['127.0.0.0/8'] }) });
    const socket = await connect(to(server.port), { onread });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(read).toEqual([]);
    socket.resume();
    await until(() => read.length > 0);
    expect(read).toEqual(['hello']);
  });

  it('verifies TLS against the name, sends it as SNI, and resumes the session at the next connection', async () => {
    const server = opened(
      await LoopbackServer.start((_request, response) => void response.end('hello'), {
        tls: await authority.issue({ names: ['registry.test'] }),
      }),
    );
    const connect = connectWith({ ca: [authority.caPem] });
    const reused: unknown[] = [];
    for (let connection = 0; connection < 2; connection += 1) {
      const socket = (await connect(to(server.port, 'registry.test', true))) as Socket & { isSessionReused(): boolean };
      reused.push(socket.isSessionReused());
      socket.write('GET / HTTP/1.1\r\nHost: registry.test\r\nConnection: close\r\n\r\n');
      socket.resume();
      await once(socket, 'close');
    }
    expect(reused).toEqual([false, true]);
    expect(server.requests).toMatchObject(Array(2).fill({ servername: 'registry.test', alpn: 'http/1.1' }));
  });

  it.each([
    ['another name', { names: ['other.test'] }],
    ['another address', { ips: ['127.0.0.1'] }],
    ['the past', { names: ['registry.test'], notAfter: new Date(0), notBefore: new Date(0) }],
  ])('sends nothing to a server whose certificate is of %s', async (_what, issue) => {
    const server = opened(await LoopbackServer.start((_request, response) => void response.end(), { tls: await authority.issue(issue) }));
    const connect = connectWith({ ca: [authority.caPem] });
    await expect(connect(to(server.port, 'registry.test', true))).rejects.toMatchObject({ code: 'CertificateInvalid' });
    expect(server.requests).toEqual([]);
  });

  it('reports the reason of a failure', async () => {
    const plain = await greeting();
    await expect(connectWith()(to(await unusedPort()))).rejects.toMatchObject({ code: 'ConnectionRefused', host: 'registry.test' });
    await expect(connectWith()(to(plain.port, 'nowhere.test'))).rejects.toMatchObject({ code: 'HostNotFound' });
    await expect(connectWith()(to(plain.port, 'registry.test', true))).rejects.toMatchObject({ code: 'TlsFailed' });
    await expect(connectWith()(to(70_000))).rejects.toThrow('Invalid URL');
  });

  it('has one time limit for the name, the connection and TLS', async () => {
    const silent = opened(await TcpServer.start((socket) => void socket.resume()));
    const connect = connectWith({ connectTimeoutMs: 100 });
    await expect(connect(to(silent.port, 'registry.test', true))).rejects.toMatchObject({ code: 'ConnectTimeout' });
    let found: (addresses: { address: string }[]) => void = () => undefined;
    const policy = policyOf({ lookup: () => new Promise((resolve) => (found = resolve)) });
    const server = await greeting();
    await expect(connectWith({ policy, connectTimeoutMs: 1 })(to(server.port))).rejects.toMatchObject({ code: 'ConnectTimeout' });
    found([{ address: '127.0.0.1' }]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(server.connections).toBe(0);
  });

  it('gives up when its signal aborts, and leaves no connection open', async () => {
    let peer: Socket | undefined;
    const silent = opened(await TcpServer.start((socket) => void (peer = socket.resume())));
    const stop = new AbortController();
    const connecting = connectWith()(to(silent.port, 'registry.test', true), stop);
    await until(() => peer !== undefined);
    const closed = once(peer as unknown as Socket, 'close');
    stop.abort(new Error('the client is gone'));
    await expect(connecting).rejects.toThrow('the client is gone');
    await closed;
    await expect(connectWith()(to(silent.port), stop)).rejects.toThrow('the client is gone');
    expect(asked).toEqual(['registry.test']);
  });
});
