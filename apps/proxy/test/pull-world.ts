import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { EgressPolicy } from '@oci-connector/egress';
import { type IssuedCertificate, RawUpstream, TestCertificateAuthority, until } from '@oci-connector/testing-kit';
import { cutResponse } from '../src/client/cut-response';
import { sendBody } from '../src/client/send-body';
import { type ReadBuffers } from '../src/transfer/read-buffers';
import { Transfers } from '../src/transfer/transfers';
import { RelayTransport } from '../src/upstream/relay-transport';
import { UndiciTransport } from '../src/upstream/undici-transport';
import { type UpstreamRequest } from '../src/upstream/upstream-transport';
import { PoisoningBuffers } from './poisoning-buffers';

export const LARGE = randomBytes(8 * 1024 * 1024);
export const DIGEST = createHash('sha256').update(LARGE).digest('hex');

/** A request on a connection of {@link PullWorld.connect}. */
export const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';

export const OK = 'HTTP/1.1 200 OK\r\n';

/** An upstream, a {@link RelayTransport} to it, and servers that answer each request with the upstream's response, as the proxy does. */
export class PullWorld {
  readonly transfers = new Transfers(60_000);
  readonly buffers: ReadBuffers = new PoisoningBuffers();
  /** For each response to GET, whether it was plain. */
  readonly answered: boolean[] = [];
  readonly transport: RelayTransport;
  readonly #servers: Server[] = [];
  readonly #clients: Socket[] = [];

  private constructor(
    readonly upstream: RawUpstream,
    private readonly authority: TestCertificateAuthority,
    private readonly certificate: IssuedCertificate,
  ) {
    const policy = new EgressPolicy({ allowCIDRs: ['127.0.0.1/32'], redirectCIDRs: [], refusedHosts: [] });
    const options = { policy, purpose: 'connector', ca: [authority.caPem] } as const;
    const others = new UndiciTransport(options);
    this.transport = new RelayTransport({ ...options, buffers: this.buffers, others, answered: (isPlain) => this.answered.push(isPlain) });
    upstream.answer = (_request, socket) => {
      socket.write(`${OK}Content-Length: ${LARGE.length}\r\n\r\n`);
      socket.write(LARGE);
    };
  }

  static async start({ tls = false } = {}): Promise<PullWorld> {
    const authority = await TestCertificateAuthority.create();
    const certificate = await authority.issue({ ips: ['127.0.0.1'] });
    return new PullWorld(await RawUpstream.start(tls ? { tls: certificate } : {}), authority, certificate);
  }

  async close(): Promise<void> {
    this.#clients.splice(0).forEach((client) => client.destroy());
    this.#servers.splice(0).forEach((server) => server.close());
    await this.transport.close();
    await this.upstream.close();
    this.transfers.close();
    await until(() => this.buffers.lent === 0);
  }

  request(path = '/'): UpstreamRequest {
    return { method: 'GET', origin: this.upstream.url, path, headers: {}, transfer: this.transfers.begin() };
  }

  /** Starts a server. Returns a function that opens connections to it. */
  async serve({ tls = false } = {}): Promise<() => Promise<Socket>> {
    const options: ServerOptions = { highWaterMark: 256 * 1024 };
    const server = tls ? createTlsServer({ ...options, ...this.certificate }) : createServer(options);
    server.on('request', (incoming: IncomingMessage, response: ServerResponse) => this.#answer(incoming, response));
    this.#servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const to = { port: (server.address() as AddressInfo).port, host: '127.0.0.1' };
    return async () => {
      const client = tls ? connectTls({ ...to, ca: this.authority.caPem }) : connect(to);
      this.#clients.push(client);
      client.on('error', () => undefined);
      await once(client, tls ? 'secureConnect' : 'connect');
      return client;
    };
  }

  #answer({ url, socket: client }: IncomingMessage, response: ServerResponse): void {
    const asked = this.request(url);
    let underWay = 2;
    const over = (): void => {
      underWay -= 1;
      if (underWay === 0) {
        this.transfers.end(asked.transfer);
      }
    };
    let isClosed = false;
    const closed = (): void => {
      if (isClosed) {
        return;
      }
      isClosed = true;
      if (!response.writableFinished) {
        asked.transfer.cancel('client-aborted');
      }
      over();
    };
    response.once('close', closed);
    // Node.js emits no `close` for the response to a pipelined request that is never served.
    client.once('close', closed);
    this.transport
      .send(asked)
      .then((received) => {
        response.writeHead(received.status, { 'content-length': received.headers['content-length'] as string });
        return sendBody(received, { sink: response, transfer: asked.transfer, hasLength: true });
      })
      .catch(() => cutResponse(response))
      .finally(over);
  }
}
