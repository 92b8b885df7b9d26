import { ByteBudget } from '@oci-connector/limits';
import { OciAuthorizer, type UpstreamRegistry, verifyCredential } from '@oci-connector/oci-auth';
import { Sensitive } from '@oci-connector/sensitive';
import { LoopbackServer, TestCertificateAuthority } from '@oci-connector/testing-kit';
import { type IncomingHttpHeaders, type RequestListener, type ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { EgressPolicy } from './egress-policy';
import { RegistryHttpClient, type RegistryHttpClientOptions } from './registry-http-client';

describe('RegistryHttpClient', () => {
  const policy = new EgressPolicy({
    allowCIDRs: ['127.0.0.1/32'],
    redirectCIDRs: [],
    refusedHosts: [],
    lookup: (hostname) =>
      Promise.resolve(hostname.endsWith('.test') ? [{ address: '127.0.0.1', family: 4 }] : [{ address: '127.0.0.9', family: 4 }]),
  });
  const open: { close: () => Promise<void> }[] = [];
  afterEach(async () => {
    for (const resource of open.splice(0).reverse()) {
      await resource.close();
    }
  });
  const start = async (listener: RequestListener, tls?: { cert: string; key: string }): Promise<LoopbackServer> => {
    const server = await LoopbackServer.start(listener, { tls });
    open.push(server);
    return server;
  };
  const newClient = (options: Partial<RegistryHttpClientOptions> = {}): RegistryHttpClient => {
    const client = new RegistryHttpClient({ policy, ...options });
    open.push(client);
    return client;
  };
  const options = { headers: {}, purpose: 'connector' as const, maxBytes: 1000 };

  it('memory by one tenant: keeps no more bytes of responses than its share, and releases them', async () => {
    const held: ServerResponse[] = [];
    const server = await start((_request, response) => {
      response.writeHead(200).write(Buffer.alloc(400));
      held.push(response);
    });
    const budget = new ByteBudget({ maxBytes: 10_000, maxShare: 1_000, smallShare: 0 });
    const client = newClient({ held: budget.share() });
    const answers = [1, 2, 3].map(() =>
      client.get(server.url('registry.test'), options).then(
        ({ status }) => status,
        (error: { code?: string }) => error.code,
      ),
    );
    expect(await Promise.race(answers)).toBe('BufferFull');
    expect(budget.held).toBe(800);
    for (const response of held) {
      response.end();
    }
    expect((await Promise.all(answers)).sort()).toEqual([200, 200, 'BufferFull']);
    expect(budget.held).toBe(0);
  });

  it('returns status, headers and body, and reveals a secret only in the request', async () => {
    let received: IncomingHttpHeaders = {};
    const server = await start((request, response) => {
      received = request.headers;
      response.writeHead(401, { 'WWW-Authenticate': ['Basic realm="a"', 'Bearer realm="b"'], 'Set-Cookie': 'sid=1' }).end('body');
    });
    const client = newClient();
    const headers = { authorization: new Sensitive('Basic secret'), accept: 'application/json' };
    const response = await client.get(server.url('registry.test'), { ...options, headers });
    expect(response).toMatchObject({ status: 401, truncated: false });
    expect(response.headers['www-authenticate']).toEqual(['Basic realm="a"', 'Bearer realm="b"']);
    expect(response.body.toString()).toBe('body');
    expect(received).toMatchObject({
      authorization: 'Basic secret',
      accept: 'application/json',
      'user-agent': 'oci-connector',
      'accept-encoding': 'identity',
    });
    await client.get(server.url('registry.test'), options);
    expect(received.cookie).toBeUndefined();
    expect(received.authorization).toBeUndefined();
  });

  it('posts a body', async () => {
    let received = '';
    const server = await start((request, response) => {
      request.setEncoding('utf8').on('data', (chunk: string) => (received += chunk));
      request.on('end', () => response.end(request.method));
    });
    const { body } = await newClient().post(server.url('registry.test'), { ...options, body: new Sensitive('refresh_token=x') });
    expect(body.toString()).toBe('POST');
    expect(received).toBe('refresh_token=x');
  });

  it.each([
    [999, false],
    [1000, false],
    [1001, true],
    [5_000_000, true],
  ])('reads no more than its limit: %i bytes, truncated: %s', async (size, truncated) => {
    const server = await start((_request, response) => response.end(Buffer.alloc(size, 'x')));
    const response = await newClient().get(server.url('registry.test'), options);
    expect(response.truncated).toBe(truncated);
    expect(response.body).toHaveLength(Math.min(size, 1000));
  });

  it('stops reading an endless body', async () => {
    const server = await start((_request, response) => {
      const write = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(16_384))) {
          continue;
        }
      };
      response.on('drain', write);
      write();
    });
    expect((await newClient().get(server.url('registry.test'), options)).truncated).toBe(true);
  });

  it.each([301, 302, 307, 308])('C2 follows no redirect (%i)', async (status) => {
    const other = await start((_request, response) => response.end());
    const server = await start((_request, response) => response.writeHead(status, { location: other.url('other.test').href }).end());
    const headers = { authorization: new Sensitive('Basic secret') };
    expect((await newClient().get(server.url('registry.test'), { ...options, headers })).status).toBe(status);
    expect(other.connections).toBe(0);
  });

  it.each(['connector', 'realm'] as const)('C9 makes no connection that the policy refuses (%s)', async (purpose) => {
    const server = await start((_request, response) => response.end());
    await expect(newClient().get(server.url('elsewhere.example'), { ...options, purpose })).rejects.toMatchObject({
      code: 'AddressNotAllowed',
    });
    expect(server.connections).toBe(0);
  });

  it('ends by its own time limit', async () => {
    const limit = new AbortController();
    const timeout = jest.spyOn(AbortSignal, 'timeout').mockReturnValue(limit.signal);
    const server = await start(
      (_request, response) => void response.write('half', () => limit.abort(new DOMException('over', 'TimeoutError'))),
    );
    await expect(newClient({ timeoutMs: 45_000 }).get(server.url('registry.test'), options)).rejects.toMatchObject({
      name: 'UpstreamConnectError',
      code: 'ResponseTimeout',
      retryable: true,
    });
    expect(timeout).toHaveBeenCalledWith(45_000);
    timeout.mockRestore();
  });

  it('ends by the caller’s signal, with its reason', async () => {
    const controller = new AbortController();
    const server = await start(() => controller.abort(new Error('gone')));
    await expect(newClient().get(server.url('registry.test'), { ...options, signal: controller.signal })).rejects.toThrow('gone');
  });

  it('names the peer', async () => {
    const server = await start((request) => request.socket.destroy());
    await expect(newClient().get(server.url('registry.test'), options)).rejects.toMatchObject({
      code: 'ConnectionReset',
      message: expect.stringContaining(`registry.test:${server.port}`) as string,
    });
  });

  it('keeps a secret out of every error', async () => {
    const server = await start((request) => request.socket.destroy());
    const headers = { authorization: new Sensitive('Basic hunter2') };
    const error: unknown = await newClient()
      .get(server.url('registry.test'), { ...options, headers })
      .catch((caught: unknown) => caught);
    expect(inspect(error, { depth: null, showHidden: true })).not.toContain('hunter2');
  });

  describe('under oci-auth, over https with a private authority', () => {
    it('serves the whole handshake: registry, token server on another origin, token', async () => {
      const authority = await TestCertificateAuthority.create();
      const tokenServer = await start(
        (_request, response) => response.end('{"token":"T"}'),
        await authority.issue({ names: ['login.test'] }),
      );
      const server = await start(
        (request, response) => {
          const challenge = `Bearer realm="${tokenServer.url('login.test', '/token').href}"`;
          if (request.headers.authorization === 'Bearer T') {
            response.end();
          } else {
            response.writeHead(401, { 'www-authenticate': challenge }).end();
          }
        },
        await authority.issue({ names: ['registry.test'] }),
      );
      const registry: UpstreamRegistry = {
        connectorUid: 'uid',
        credentialRevision: '1',
        scheme: 'https',
        host: 'registry.test',
        port: server.port,
        origin: server.url('registry.test').origin,
        trustedRealms: [tokenServer.url('login.test').origin],
        credential: { username: 'robot', password: new Sensitive('hunter2') },
        http: newClient({ ca: [authority.caPem] }),
      };
      expect(await verifyCredential(registry)).toEqual({ scheme: 'bearer', realmOrigin: tokenServer.url('login.test').origin });
      const authorization = await new OciAuthorizer().authorize(registry, [{ repository: 'app', actions: ['pull'] }]);
      expect(authorization.header?.reveal()).toBe('Bearer T');

      const untrusting = { ...registry, http: newClient() };
      await expect(verifyCredential(untrusting)).rejects.toMatchObject({
        code: 'RegistryUnreachable',
        cause: expect.objectContaining({ code: 'CertificateInvalid' }) as unknown,
        message: expect.stringContaining('spec.caCertSecretRef') as string,
      });
    });
  });
});
