import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, isIPv4, type Server, type Socket } from 'node:net';
import { type CODES, type DnsQuestion, type DnsRecord, type DnsReply, readQuestion, TYPES, writeReply } from './dns-message';

/** The records of a name. A family that is absent has no address (NODATA). */
export interface NameRecords {
  readonly a?: readonly string[] | NameFault;
  readonly aaaa?: readonly string[] | NameFault;
  /** The canonical name; its addresses are in the answer, too. */
  readonly cname?: string;
  /** In seconds; default 60. */
  readonly ttl?: number;
  /** By UDP the answer is empty and truncated; by TCP it is complete. */
  readonly truncated?: boolean;
}

/** `SILENT`: the server does not answer. */
export type NameFault = 'SILENT' | Exclude<keyof typeof CODES, 'NOERROR'>;

/** A name server on loopback, over UDP and TCP. It knows the names of its zone, and answers NXDOMAIN for all others. */
export class FixtureNameServer {
  /** Every question, as `NAME TYPE`, in the order of arrival. */
  readonly asked: string[] = [];
  /** The records by name in lower case; may be changed at any time. */
  readonly zone = new Map<string, NameRecords | NameFault>();
  readonly #connections = new Set<Socket>();

  private constructor(
    private readonly udp: DatagramSocket,
    private readonly tcp: Server,
    readonly port: number,
  ) {
    udp.on('message', (message, { port: from, address }) => {
      const reply = this.#answer(message, 'udp');
      if (reply) {
        udp.send(reply, from, address);
      }
    });
    tcp.on('connection', (socket) => this.#serve(socket));
  }

  static async start(zone: Readonly<Record<string, NameRecords | NameFault>> = {}): Promise<FixtureNameServer> {
    const tcp = createServer();
    await once(tcp.listen(0, '127.0.0.1'), 'listening');
    const { port } = tcp.address() as AddressInfo;
    const udp = createSocket('udp4');
    udp.bind(port, '127.0.0.1');
    await once(udp, 'listening');
    const server = new FixtureNameServer(udp, tcp, port);
    for (const [name, records] of Object.entries(zone)) {
      server.zone.set(name, records);
    }
    return server;
  }

  /** The address for resolv.conf, with the port. */
  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Returns how often the name was queried, for both families together. */
  timesAsked(name: string): number {
    return this.asked.filter((question) => question.startsWith(`${name} `)).length;
  }

  async close(): Promise<void> {
    for (const socket of this.#connections) {
      socket.destroy();
    }
    await Promise.all([new Promise<void>((resolve) => this.udp.close(resolve)), new Promise((resolve) => this.tcp.close(resolve))]);
  }

  #serve(socket: Socket): void {
    this.#connections.add(socket);
    socket.on('close', () => this.#connections.delete(socket));
    socket.on('error', () => socket.destroy());
    let received = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      // RFC 1035 §4.2.2: two bytes of length before each message.
      while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
        const end = 2 + received.readUInt16BE(0);
        const reply = this.#answer(received.subarray(2, end), 'tcp');
        received = received.subarray(end);
        if (reply) {
          socket.write(Buffer.concat([Buffer.of(reply.length >> 8, reply.length & 0xff), reply]));
        }
      }
    });
  }

  #answer(message: Buffer, transport: 'udp' | 'tcp'): Buffer | undefined {
    const question = readQuestion(message);
    const type = question.type === TYPES.AAAA ? 'aaaa' : 'a';
    this.asked.push(`${question.name} ${type.toUpperCase()}${transport === 'tcp' ? ' TCP' : ''}`);
    const reply = this.#reply(question, type, transport);
    return reply && writeReply(question, reply);
  }

  #reply({ name }: DnsQuestion, type: 'a' | 'aaaa', transport: 'udp' | 'tcp'): DnsReply | undefined {
    const entry = this.zone.get(name) ?? 'NXDOMAIN';
    const found = typeof entry === 'string' ? entry : (this.#recordsOf(name, entry)[type] ?? []);
    if (found === 'SILENT') {
      return undefined;
    }
    if (typeof found === 'string') {
      return { code: found, records: [] };
    }
    if (typeof entry !== 'string' && entry.truncated && transport === 'udp') {
      return { code: 'NOERROR', records: [], truncated: true };
    }
    return { code: 'NOERROR', records: found };
  }

  #recordsOf(name: string, { a, aaaa, cname, ttl = 60 }: NameRecords): Record<'a' | 'aaaa', readonly DnsRecord[] | NameFault> {
    const target = cname === undefined ? undefined : this.zone.get(cname);
    const records = (family: 'a' | 'aaaa', own: readonly string[] | NameFault = []): readonly DnsRecord[] | NameFault => {
      if (typeof own === 'string') {
        return own;
      }
      const alias: DnsRecord[] = cname === undefined ? [] : [{ name, type: 'CNAME', ttl, value: cname }];
      const meant = cname === undefined || target === undefined || typeof target === 'string' ? [] : this.#recordsOf(cname, target)[family];
      if (typeof meant === 'string') {
        return meant;
      }
      return [...alias, ...meant, ...own.map((value): DnsRecord => ({ name, type: isIPv4(value) ? 'A' : 'AAAA', ttl, value }))];
    };
    return { a: records('a', a), aaaa: records('aaaa', aaaa) };
  }
}
