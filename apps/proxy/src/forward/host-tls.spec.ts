import { once } from 'node:events';
import { type AddressInfo, connect, createServer, isIP, type Server, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { TestCertificateAuthority, until } from '@oci-connector/testing-kit';
import { type Leaf } from '../certificates/leaf-certificates';
import { HostTls } from './host-tls';

const HOST = 'registry.example';

describe('HostTls', () => {
  let authority: TestCertificateAuthority;
  let server: Server;
  let leaf: Leaf | undefined;
  let asked: string[];
  let secured: TLSSocket[];
  const sockets: Socket[] = [];

  beforeAll(async () => {
    authority = await TestCertificateAuthority.create();
  });

  beforeEach(() => {
    leaf = undefined;
    asked = [];
    secured = [];
  });

  afterEach(async () => {
    // The TLS sockets first: see ClientSlot.secure.
    [...secured, ...sockets.splice(0).reverse()].forEach((socket) => socket.destroy());
    await new Promise((resolve) => server.close(resolve));
  });

  const issue = async (name: string): Promise<Leaf> => ({
    options: await authority.issue(isIP(name) === 0 ? { names: [name] } : { ips: [name] }),
    notAfter: Infinity,
  });

  /** Starts a server whose connections are tunnels to the host: the first bytes may arrive before the handshake is expected. */
  async function start({ host = HOST, handshakeTimeout = 10_000, early = false } = {}): Promise<void> {
    leaf = await issue(host);
    const tls = new HostTls({
      leaves: { leafFor: (name, owner) => (asked.push(`${name} of ${owner}`), Promise.resolve(leaf)) },
      handshakeTimeout,
    });
    server = createServer((socket) => {
      sockets.push(socket.on('error', () => undefined));
      const accept = async (): Promise<void> => {
        const termination = await tls.terminationFor(host, 'team');
        termination?.accept(socket, {
          secured: (inner) => void secured.push(inner.on('error', () => undefined)),
          plainHttp: () => socket.destroy(),
        });
      };
      if (early) {
        socket.once('readable', () => void accept());
      } else {
        void accept();
      }
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  }

  function dial(): Socket {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => undefined);
    sockets.push(socket);
    return socket;
  }

  const handshake = (options: ConnectionOptions): Promise<string> => {
    const client = connectTls({ socket: dial(), ca: authority.caPem, ...options });
    sockets.push(client);
    return new Promise((resolve) => {
      client.once('secureConnect', () =>
        resolve(`${String(client.getPeerCertificate().subjectaltname)} ${String(client.getProtocol())} ${String(client.alpnProtocol)}`),
      );
      client.once('error', () => resolve('failed'));
      client.once('close', () => resolve('failed'));
    });
  };

  it.each([
    ['the host', { servername: HOST, ALPNProtocols: ['h2', 'http/1.1'] }, `DNS:${HOST} TLSv1.3 http/1.1`],
    ['the host in upper case', { servername: HOST.toUpperCase() }, `DNS:${HOST} TLSv1.3 false`],
    ['no name', { servername: '', checkServerIdentity: () => undefined }, `DNS:${HOST} TLSv1.3 false`],
    ['TLS 1.2', { servername: HOST, maxVersion: 'TLSv1.2' as const }, `DNS:${HOST} TLSv1.2 false`],
    ['another host', { servername: 'other.example', checkServerIdentity: () => undefined }, 'failed'],
    ['a longer name', { servername: `a.${HOST}`, checkServerIdentity: () => undefined }, 'failed'],
  ])('with %s', async (_name, options, expected) => {
    await start();
    expect(await handshake(options)).toBe(expected);
    await until(() => secured.length === (expected === 'failed' ? 0 : 1));
    expect(asked).toEqual([`${HOST} of team`]);
  });

  it('has a certificate for an address', async () => {
    await start({ host: '127.0.0.1' });
    expect(await handshake({ servername: '', host: '127.0.0.1' })).toBe('IP Address:127.0.0.1 TLSv1.3 false');
  });

  it('reads what arrived before the handshake was expected', async () => {
    await start({ early: true });
    expect(await handshake({ servername: HOST })).toBe(`DNS:${HOST} TLSv1.3 false`);
    await until(() => secured.length === 1);
    expect(secured[0]?.remoteAddress).toBe('127.0.0.1');
  });

  it('closes the connection of a client that does not complete the handshake in time', async () => {
    await start({ handshakeTimeout: 100 });
    await once(dial().resume(), 'close');
    expect(secured).toHaveLength(0);
  });

  it('uses one termination for one certificate, another for its successor, and none without an authority', async () => {
    await start();
    let current: Leaf | undefined = leaf;
    const tls = new HostTls({ leaves: { leafFor: () => Promise.resolve(current) }, handshakeTimeout: 1_000 });
    const first = await tls.terminationFor(HOST, 'team');
    expect(await tls.terminationFor(HOST, 'team')).toBe(first);
    current = await issue(HOST);
    expect(await tls.terminationFor(HOST, 'team')).not.toBe(first);
    current = undefined;
    expect(await tls.terminationFor(HOST, 'team')).toBeUndefined();
  });
});
