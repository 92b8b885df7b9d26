import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { TcpServer, TestCertificateAuthority, until } from '@oci-connector/testing-kit';
import { TlsTermination, type TlsTerminationOptions } from './tls-termination';

const HOST = 'proxy.example';

describe('TlsTermination', () => {
  let authority: TestCertificateAuthority;
  let server: TcpServer;
  let termination: TlsTermination;
  /** The outcome of each connection, by the client's port. */
  let outcomes: Map<number | undefined, string>;
  const sockets: Socket[] = [];

  beforeAll(async () => {
    authority = await TestCertificateAuthority.create();
  });

  afterEach(async () => {
    sockets
      .splice(0)
      .reverse()
      .forEach((socket) => socket.destroy());
    await server.close();
  });

  async function start(options: Partial<TlsTerminationOptions> = {}): Promise<void> {
    outcomes = new Map();
    termination = new TlsTermination({ certificate: await authority.issue({ names: [HOST] }), handshakeTimeout: 60_000, ...options });
    server = await TcpServer.start((socket) => {
      const { remotePort } = socket;
      // As on the http port, whose tunnels have TLS inside.
      socket.allowHalfOpen = true;
      termination.accept(socket, {
        secured: (secured) => {
          outcomes.set(remotePort, `${outcomes.get(remotePort) ?? ''}secured by ${secured.remotePort}`);
          sockets.push(secured.on('error', () => undefined));
          secured.end('hello');
        },
        plainHttp: () => {
          outcomes.set(remotePort, 'plain http');
          socket.end('use https');
        },
      });
    });
  }

  function dial(options: ConnectionOptions = {}): TLSSocket {
    const socket = connectTls({ port: server.port, host: '127.0.0.1', servername: HOST, ca: authority.caPem, ...options });
    sockets.push(socket.on('error', () => undefined));
    return socket;
  }

  const closed = (socket: Socket): Promise<unknown> => new Promise((resolve) => socket.once('close', resolve));

  it('hands each connection over to its own outcome, once', async () => {
    await start();
    const ports: (number | undefined)[] = [];
    const clients = Array.from({ length: 20 }, () => dial());
    clients.forEach((client) => client.once('connect', () => ports.push(client.localPort)));
    await Promise.all(clients.map((client) => once(client, 'data')));
    expect(ports).toHaveLength(20);
    expect(ports.map((port) => outcomes.get(port))).toEqual(ports.map((port) => `secured by ${port}`));
  });

  it.each(['GET /', 'HEAD /', 'POST /', 'PUT /', 'CONNECT a:443'])(
    'leaves the connection of a client that sends plain HTTP, %s, open for an answer',
    async (line) => {
      await start();
      const client = connect(server.port, '127.0.0.1').on('error', () => undefined);
      sockets.push(client);
      client.write(`${line} HTTP/1.1\r\nHost: a\r\n\r\n`);
      const [answer] = (await once(client, 'data')) as [Buffer];
      expect(answer.toString()).toBe('use https');
      expect([...outcomes.values()]).toEqual(['plain http']);
    },
  );

  it.each<[string, ConnectionOptions]>([
    ['TLS 1.1', { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }],
    ['only HTTP/2', { ALPNProtocols: ['h2'] }],
  ])('closes the connection of a client that speaks %s', async (_name, options) => {
    await start();
    await closed(dial(options));
    await until(() => server.open.size === 0);
    expect(outcomes.size).toBe(0);
  });

  it('closes a connection whose handshake takes too long, and one that sends something else', async () => {
    await start({ handshakeTimeout: 200 });
    const silent = connect(server.port, '127.0.0.1').resume();
    const garbage = connect(server.port, '127.0.0.1')
      .on('error', () => undefined)
      .resume();
    sockets.push(silent, garbage);
    garbage.write('no handshake, and no HTTP\r\n\r\n');
    await Promise.all([silent, garbage].map(closed));
    await until(() => server.open.size === 0);
    expect(outcomes.size).toBe(0);
  });

  it('closes the connection of a client that leaves during its handshake, without waiting for the time limit', async () => {
    await start();
    const client = connect(server.port, '127.0.0.1');
    sockets.push(client);
    await once(client, 'connect');
    await until(() => server.open.size === 1);
    client.end(Buffer.from([0x16, 0x03, 0x01]));
    await until(() => server.open.size === 0);
    expect(outcomes.size).toBe(0);
  });

  it('uses a certificate that is set later', async () => {
    await start({ certificate: undefined });
    await closed(dial());
    termination.setCertificate(await authority.issue({ names: [HOST] }));
    await once(dial(), 'secureConnect');
  });
});
