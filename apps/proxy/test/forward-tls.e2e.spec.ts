import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { type FixtureRegistry } from '@oci-connector/testing-registry';
import { ForwardWorld, PORTS, type PortName, readAnswer, sendOn } from './forward-world';
import { CONNECTORS } from './proxy-world';

const HOST = 'registry.example';

/** At most one alert, in a record of its own (RFC 8446 §5.1). */
const TLS_ALERT_OR_NOTHING = /^(?:\x15\x03[\x01-\x03]\x00\x02[^]{2})?$/;

/** TLS in tunnels to the hosts of Connectors, and what is no TLS. */
describe('in a tunnel to an https host', () => {
  let forward: ForwardWorld;
  let registry: FixtureRegistry;
  let byAddress: FixtureRegistry;
  let authority: string;

  beforeAll(async () => {
    forward = await ForwardWorld.start({ unauthenticatedIdle: 1_000 });
    registry = await forward.addRegistry(HOST);
    authority = `${HOST}:${registry.port}`;
    await forward.connect(`https://${authority}`);
    byAddress = await forward.addRegistry('127.0.0.1');
    await forward.connect(`https://127.0.0.1:${byAddress.port}`, { name: 'by-address' });
  });

  afterEach(() => {
    forward.closeSockets();
    // The proxy answers /v2/ itself. Without a lookup, it dialled nothing.
    expect([registry.requests, byAddress.requests, forward.lookups]).toEqual([[], [], []]);
  });

  afterAll(() => forward.close());

  /** Begins a handshake in a tunnel; resolves with the outcome. */
  async function handshake(socket: Socket, options: ConnectionOptions): Promise<TLSSocket | string> {
    const secure = forward.track(connectTls({ socket, ca: forward.world.ca.certificate, ...options }));
    const failure = await Promise.race([
      once(secure, 'secureConnect').then(() => undefined),
      once(secure, 'close').then(() => 'closed'),
      new Promise<string>((resolve) => secure.once('error', ({ code, message }: NodeJS.ErrnoException) => resolve(code ?? message))),
    ]);
    return failure ?? secure;
  }

  const ping = (secure: TLSSocket | string, host: string): ReturnType<typeof sendOn> => {
    if (typeof secure === 'string') {
      throw new Error(`the handshake failed: ${secure}`);
    }
    return sendOn(secure, { path: '/v2/', headers: { host } });
  };

  /** The complete response to invalid data, when there is no request that it could belong to. */
  const badRequest = (message: string): string => {
    const body = JSON.stringify({ errors: [{ code: 'UNKNOWN', message }] });
    return [
      // Clients show nothing but the first line of a response to CONNECT.
      `HTTP/1.1 400 Bad Request: ${message}`,
      'content-type: application/json; charset=utf-8',
      `content-length: ${body.length}`,
      'docker-distribution-api-version: registry/2.0',
      'connection: close',
      '',
      body,
    ].join('\r\n');
  };

  it.each(['GET http://other.example/', 'CONNECT other.example:443'])(
    'plain HTTP to the https port, %s, gets 400 that says to use https, and is not served',
    async (line) => {
      const socket = forward.track(connect(forward.world.proxy.httpsPort, '127.0.0.1'));
      const login = forward.login()['proxy-authorization'] ?? '';
      const text = await forward.exchange(socket, `${line} HTTP/1.1\r\nHost: other.example\r\nProxy-Authorization: ${login}\r\n\r\n`);
      expect(text).toBe(badRequest('this port speaks https; begin the address with https://'));
    },
  );

  describe.each(PORTS)('on the %s port', (port: PortName) => {
    it.each([HOST, HOST.toUpperCase(), `${HOST}.`])('the name %s is the host of the tunnel', async (servername) => {
      const socket = await forward.plainTunnel(authority, { port });
      // The client compares the certificate with the name that it sends.
      const secure = await handshake(socket, { servername, checkServerIdentity: () => undefined });
      expect((await ping(secure, authority)).status).toBe(200);
    });

    it.each([`${HOST.toUpperCase()}:PORT`, `${HOST}.:PORT`, `Registry.Example.:PORT`])('CONNECT %s is the same host', async (target) => {
      const socket = await forward.plainTunnel(target.replace('PORT', String(registry.port)), { port });
      const secure = await handshake(socket, { servername: HOST });
      expect((await ping(secure, authority)).status).toBe(200);
      expect(
        (
          await ping(
            await handshake(await forward.plainTunnel(authority, { port }), { servername: HOST }),
            target.replace('PORT', String(registry.port)),
          )
        ).status,
      ).toBe(200);
    });

    it.each(['other.example', `c-registry.${CONNECTORS}.svc`, `x${HOST}`, `sub.${HOST}`, 'example'])(
      'another name, %s, fails the handshake, and nothing goes upstream (C6, C16)',
      async (servername) => {
        const outcome = await handshake(await forward.plainTunnel(authority, { port }), { servername });
        expect(outcome).toMatch(/^(?:closed|ECONNRESET|ERR_SSL_|EPIPE)/);
      },
    );

    it.each(['TLSv1.2', 'TLSv1.3'] as const)(
      'a %s session of an earlier tunnel is not resumed, with another name or with the same (C6, C16)',
      async (version) => {
        const first = await handshake(await forward.plainTunnel(authority, { port }), { servername: HOST, maxVersion: version });
        if (typeof first === 'string') {
          throw new Error(`the handshake failed: ${first}`);
        }
        const sessions = [first.getSession()];
        first.on('session', (session) => sessions.push(session));
        expect((await ping(first, authority)).status).toBe(200);
        for (const session of sessions) {
          const options = { session, maxVersion: version, checkServerIdentity: () => undefined };
          const other = await handshake(await forward.plainTunnel(authority, { port }), { ...options, servername: 'other.example' });
          expect(other).toMatch(/^(?:closed|ECONNRESET|ERR_SSL_|EPIPE)/);
          const same = await handshake(await forward.plainTunnel(authority, { port }), { ...options, servername: HOST });
          expect([typeof same, (same as TLSSocket).isSessionReused()]).toEqual(['object', false]);
        }
      },
    );

    it('without a name, the certificate is for the host of the CONNECT', async () => {
      const secure = await handshake(await forward.plainTunnel(authority, { port }), {
        servername: '',
        checkServerIdentity: () => undefined,
      });
      expect(typeof secure === 'string' ? secure : secure.getPeerCertificate().subjectaltname).toBe(`DNS:${HOST}`);
      expect((await ping(secure, authority)).status).toBe(200);
    });

    it('a host that is an address has a certificate for the address', async () => {
      const user = `${CONNECTORS}/by-address`;
      const socket = await forward.plainTunnel(`127.0.0.1:${byAddress.port}`, { port, user });
      const secure = await handshake(socket, { host: '127.0.0.1' });
      expect((await ping(secure, `127.0.0.1:${byAddress.port}`)).status).toBe(200);
    });

    it.each(['TLSv1', 'TLSv1.1'] as const)('%s fails the handshake', async (version) => {
      const options = { servername: HOST, minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' } as const;
      expect(await handshake(await forward.plainTunnel(authority, { port }), options)).toBe('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION');
    });

    it('a client that speaks only HTTP/2 fails the handshake; one that speaks both gets HTTP/1.1', async () => {
      const only = await handshake(await forward.plainTunnel(authority, { port }), { servername: HOST, ALPNProtocols: ['h2'] });
      expect(only).toBe('ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL');
      const both = await handshake(await forward.plainTunnel(authority, { port }), { servername: HOST, ALPNProtocols: ['h2', 'http/1.1'] });
      expect(typeof both === 'string' ? both : both.alpnProtocol).toBe('http/1.1');
    });

    it('an HTTP/2 preface gets 400', async () => {
      const secure = await forward.tunnel(authority, { port });
      expect(await forward.exchange(secure, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')).toBe(badRequest('the request is not valid HTTP/1.1'));
    });

    it.each(['GET /v2/', 'POST /v2/team/app/blobs/uploads/', 'CONNECT other.example:443'])(
      'plain HTTP, %s, gets 400 that says to use https, and is not served',
      async (line) => {
        const text = await forward.exchange(
          await forward.plainTunnel(authority, { port }),
          `${line} HTTP/1.1\r\nHost: ${authority}\r\nProxy-Authorization: ${forward.login()['proxy-authorization'] ?? ''}\r\n\r\n`,
        );
        expect(text).toBe(badRequest('this tunnel leads to an https host; begin the address with https://'));
      },
    );

    it.each([
      ['text', 'garbage, and no handshake\r\n\r\n'.repeat(10)],
      ['zeros', '\0'.repeat(64)],
      ['an HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
      ['a record that is too long', '\x16\x03\x01\xff\xff\x01'],
      ['a handshake that is none', '\x16\x03\x01\x00\x04\x01\xff\xff\xff'],
    ])('garbage, %s, closes the connection; at most a TLS alert is sent', async (_name, garbage) => {
      const text = await forward.exchange(await forward.plainTunnel(authority, { port }), garbage);
      expect(text).toMatch(TLS_ALERT_OR_NOTHING);
    });

    // OpenSSL 3.5, of Node.js 24, recognises more methods than that of Node.js 20.
    it('plain HTTP, DELETE, is not served: 400, or the end of the connection if OpenSSL does not recognise it', async () => {
      const request = `DELETE /v2/team/app/manifests/v1 HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`;
      const text = await forward.exchange(await forward.plainTunnel(authority, { port }), request);
      const answer = badRequest('this tunnel leads to an https host; begin the address with https://');
      expect(text === answer || TLS_ALERT_OR_NOTHING.test(text)).toBe(true);
    });

    it('silence closes the connection at the limit for handshakes', async () => {
      const socket = await forward.plainTunnel(authority, { port });
      socket.resume();
      await once(socket, 'close');
    });

    it('a handshake that the client begins before the answer to CONNECT is complete works', async () => {
      const socket = await forward.dial(port);
      // One packet with the CONNECT and the ClientHello.
      socket.cork();
      socket.write(
        `CONNECT ${authority} HTTP/1.1\r\nhost: ${authority}\r\nproxy-authorization: ${forward.login()['proxy-authorization'] ?? ''}\r\n\r\n`,
      );
      socket.write(await clientHello());
      socket.uncork();
      expect((await readAnswer(socket)).status).toBe(200);
      const [answer] = (await once(socket, 'data')) as [Buffer];
      // A TLS record of type handshake: the ServerHello.
      expect(answer[0]).toBe(0x16);
    });
  });

  /** Returns the first packet of a handshake. */
  function clientHello(): Promise<Buffer> {
    return new Promise((resolve) => {
      const channel = new Duplex({
        read: () => undefined,
        write: (chunk: Buffer) => resolve(chunk),
      });
      connectTls({ socket: channel, servername: HOST }).on('error', () => undefined);
    });
  }
});
