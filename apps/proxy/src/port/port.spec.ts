import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls, createSecureContext, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { ManualClock, TestCertificateAuthority, until } from '@oci-connector/testing-kit';
import { type ClientSlot } from './client-slot';
import { ConnectionLimits } from './connection-limits';
import { Port } from './port';
import { TlsTermination, type TlsTerminationOptions } from './tls-termination';

interface HandedOver {
  readonly socket: Socket;
  /** How many bytes of the connection had been read when it was handed over. */
  readonly read: number;
  readonly slot: ClientSlot;
}

describe('Port', () => {
  let authority: TestCertificateAuthority;
  let port: Port;
  let termination: TlsTermination;
  let limits: ConnectionLimits;
  let open: number;
  let accepted: HandedOver[];
  let plain: HandedOver[];
  const clients: Socket[] = [];

  beforeAll(async () => {
    authority = await TestCertificateAuthority.create();
  });

  beforeEach(() => {
    open = 0;
    accepted = [];
    plain = [];
  });

  afterEach(async () => {
    const closed = port.close();
    port.cut();
    await closed;
    await until(() => open === 0);
    limits.close();
    clients.splice(0).forEach((client) => client.destroy());
  });

  const keep = (socket: Socket, slot: ClientSlot): void =>
    void accepted.push({ socket: socket.on('error', () => undefined), slot, read: socket.bytesRead });

  async function start({
    max = 10,
    tls,
    accept = keep,
  }: { max?: number; tls?: Partial<TlsTerminationOptions>; accept?: typeof keep } = {}): Promise<void> {
    limits = new ConnectionLimits({
      maxPerListener: max,
      maxPerPeer: max,
      strangerIdleMs: 10_000,
      clock: new ManualClock(),
      onClosed: () => undefined,
    });
    termination = new TlsTermination({ handshakeTimeout: 60_000, ...tls });
    port = new Port({
      name: tls ? 'https' : 'http',
      host: '127.0.0.1',
      port: 0,
      limits,
      metrics: { connections: (_name, change) => (open += change) },
      accept,
      tls: tls && {
        termination,
        refusePlainHttp: (socket, slot) => void plain.push({ socket: socket.end('understood'), slot, read: socket.bytesRead }),
      },
    });
    await port.listen();
  }

  function dial(): Socket {
    const client = connect(port.port, '127.0.0.1')
      .on('error', () => undefined)
      .resume();
    clients.push(client);
    return client;
  }

  function dialTls(options: ConnectionOptions = {}): TLSSocket {
    const client = connectTls({ port: port.port, host: '127.0.0.1', ca: authority.caPem, ...options });
    clients.push(client.on('error', () => undefined).resume());
    return client;
  }

  const certificateOf = async (name: string): Promise<{ key: string; cert: string }> => authority.issue({ names: [name] });

  /** Describes how a handshake ends. */
  const outcome = (client: TLSSocket): Promise<string> =>
    new Promise((resolve) => {
      client.once('secureConnect', () =>
        resolve(`secure ${String(client.getPeerCertificate().subjectaltname)} ${String(client.alpnProtocol)}`),
      );
      client.once('error', ({ message }: Error) => resolve(message));
    });

  it('hands over each connection once, with its slot, before any byte is read', async () => {
    await start();
    dial().write('GET / HTTP/1.1\r\n');
    await until(() => accepted.length === 1);
    const [first] = accepted;
    expect({ isKnown: first?.slot.isKnown, read: first?.read, open }).toEqual({ isKnown: false, read: 0, open: 1 });
    first?.socket.destroy();
    await until(() => open === 0);
    expect(accepted).toHaveLength(1);
  });

  it('does not hand over a connection without a slot', async () => {
    await start({ max: 1 });
    dial();
    await until(() => accepted.length === 1);
    accepted[0]?.slot.trust();
    await once(dial(), 'close');
    expect({ handedOver: accepted.length, open }).toEqual({ handedOver: 1, open: 1 });
  });

  it('hands over a TLS connection after its handshake, with the slot of the TCP connection', async () => {
    const own = createSecureContext(await certificateOf('c-registry.platform.svc'));
    await start({
      max: 1,
      tls: { SNICallback: (name, callback) => (name.startsWith('c-') ? callback(null, own) : callback(new Error('not served'))) },
    });
    termination.setCertificate(await certificateOf('proxy.example'));

    const named = dialTls({ servername: 'c-registry.platform.svc', ALPNProtocols: ['h2', 'http/1.1'] });
    expect(await outcome(named)).toBe('secure DNS:c-registry.platform.svc http/1.1');
    await until(() => accepted.length === 1);
    accepted[0]?.slot.close('idle');
    await until(() => named.closed && open === 0);

    expect(await outcome(dialTls({ checkServerIdentity: () => undefined }))).toBe('secure DNS:proxy.example false');
    await until(() => accepted.length === 2);
    accepted[1]?.socket.destroy();
    await until(() => open === 0);

    expect(await outcome(dialTls({ servername: 'other.example' }))).toMatch(/unrecognized|closed|disconnected|hang up|ECONNRESET|alert/);
    await until(() => open === 0);
    expect({ handedOver: accepted.length, plain: plain.length }).toEqual({ handedOver: 2, plain: 0 });
  });

  it('survives that a TLS connection is closed twice, by its slot and by its socket, in a callback of the handshake', async () => {
    const once = { isClosed: false };
    await start({
      tls: {},
      accept: (socket, slot) => {
        slot.close('idle');
        socket.destroy();
        once.isClosed = true;
      },
    });
    termination.setCertificate(await certificateOf('proxy.example'));
    // With TLS 1.2, the handshake ends with data that the server sends from its callback.
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      once.isClosed = false;
      const client = dialTls({ maxVersion, checkServerIdentity: () => undefined });
      await until(() => once.isClosed && client.closed && open === 0);
    }
  });

  it('calls refusePlainHttp for plain HTTP on a TLS port, and closes a connection that is neither HTTP nor TLS', async () => {
    await start({ tls: {} });
    termination.setCertificate(await certificateOf('proxy.example'));
    const http = dial();
    http.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    const answered = once(http, 'data');
    const [answer] = (await answered) as [Buffer];
    expect(answer.toString()).toBe('understood');

    const noise = dial();
    noise.write('\x00\x01neither');
    await once(noise, 'close');
    expect({ handedOver: accepted.length, plain: plain.length }).toEqual({ handedOver: 0, plain: 1 });
  });

  it('closes the connection of a client that does not complete the handshake in time', async () => {
    await start({ tls: { handshakeTimeout: 100 } });
    const silent = dial();
    await once(silent, 'close');
    await until(() => open === 0);
    expect(accepted).toHaveLength(0);
  });

  it('has closed when its last connection has closed, and cut() also ends unfinished handshakes', async () => {
    await start({ tls: {} });
    const silent = dial();
    await until(() => open === 1);
    let isClosed = false;
    const closed = port.close().then(() => (isClosed = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(isClosed).toBe(false);
    port.cut();
    await closed;
    await until(() => silent.closed);
    expect(open).toBe(0);
  });
});
