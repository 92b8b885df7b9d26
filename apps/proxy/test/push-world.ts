import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage, type RequestListener, type Server as HttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { systemClock } from '@oci-connector/clock';
import { EgressPolicy } from '@oci-connector/egress';
import { type IssuedCertificate, TestCertificateAuthority, until } from '@oci-connector/testing-kit';
import { HttpConnections } from '../src/client/http-connections';
import { ServeRequest } from '../src/client/serve-request';
import { REVERSE_LOGIN } from '../src/naming/client-login';
import { AccessLog } from '../src/observability/access-log';
import { ProxyMetrics } from '../src/observability/proxy-metrics';
import { type ClientExchange } from '../src/pipeline/proxy-exchange';
import { sendResponse } from '../src/pipeline/send-response';
import { Transfers } from '../src/transfer/transfers';
import { RelayTransport } from '../src/upstream/relay-transport';
import { relayedHeaders } from '../src/upstream/response-headers';
import { UndiciTransport } from '../src/upstream/undici-transport';
import { PoisoningBuffers } from './poisoning-buffers';

export interface PushWorldOptions {
  /** Whether the clients, and the upstream, use TLS. */
  readonly client?: boolean;
  readonly upstream?: boolean;
}

/** A slot without limits. */
const SLOT = {
  isKnown: true,
  begin: () => undefined,
  end: () => undefined,
  trust: () => undefined,
  close: () => undefined,
  secure: () => undefined,
};

/** Clients, the proxy's connections, and an upstream. Each request is sent on as it is. */
export class PushWorld {
  readonly transfers = new Transfers(60_000);
  readonly buffers = new PoisoningBuffers();
  /** Whether the body of each request was relayed. */
  readonly relayed: boolean[] = [];
  /** Digests of the complete bodies that reached the upstream. */
  readonly received: string[] = [];
  /** Connections to the upstream. */
  connections = 0;
  /** Requests whose body did not reach the upstream completely. */
  broken = 0;
  /** By default, the response has the digest of the body. */
  answer: RequestListener = (request, response) => {
    void this.digestOf(request).then((digest) => digest && response.end(digest));
  };
  /** Refuses requests before their bodies are read. */
  refusal?: Error;
  readonly #transport: RelayTransport;
  readonly #accessLog = new AccessLog(pino({ level: 'silent' }), systemClock);
  readonly #proxy: HttpConnections;
  readonly #clients: Socket[] = [];
  readonly #accepted = new Set<Socket>();

  private constructor(
    private readonly upstream: HttpServer,
    private readonly server: Server,
    private readonly authority: TestCertificateAuthority,
    private readonly options: PushWorldOptions,
  ) {
    const policy = new EgressPolicy({ allowCIDRs: ['127.0.0.1/32'], redirectCIDRs: [], refusedHosts: [] });
    const transport = { policy, purpose: 'connector', ca: [authority.caPem] } as const;
    this.#transport = new RelayTransport({ ...transport, buffers: this.buffers, others: new UndiciTransport(transport) });
    this.#proxy = new HttpConnections({
      headersTimeout: 60_000,
      keepAlive: 60_000,
      strangerIdleMs: 60_000,
      relay: { buffers: this.buffers },
      relaysBodies: true,
      serve: new ServeRequest({
        transfers: this.transfers,
        metrics: new ProxyMetrics(new Registry(), { transfersInFlight: () => 0, connectorExists: () => true, maxConnectors: 1 }),
        accessLog: this.#accessLog,
        now: () => systemClock.monotonic(),
      }),
    });
    const way = { login: REVERSE_LOGIN, handle: (client: ClientExchange) => this.#forward(client) };
    server.on(options.client ? 'secureConnection' : 'connection', (socket: Socket) => {
      this.#accepted.add(socket);
      socket.once('close', () => this.#accepted.delete(socket));
      socket.on('error', () => undefined);
      this.#proxy.accept(socket, { listener: 'test', slot: SLOT, ways: { origin: way } });
    });
    upstream.on('connection', () => (this.connections += 1));
    upstream.on('request', (request, response) => this.answer(request, response));
  }

  static async start(options: PushWorldOptions = {}): Promise<PushWorld> {
    const authority = await TestCertificateAuthority.create();
    const certificate: IssuedCertificate = await authority.issue({ ips: ['127.0.0.1'] });
    const upstream = options.upstream ? createHttpsServer({ ...certificate }) : createHttpServer();
    const server = options.client ? createTlsServer({ ...certificate }) : createServer({ highWaterMark: 256 * 1024, allowHalfOpen: true });
    const world = new PushWorld(upstream, server, authority, options);
    await Promise.all([upstream, server].map((one) => once(one.listen(0, '127.0.0.1'), 'listening')));
    return world;
  }

  /** Ends everything, and checks that nothing is left. */
  async close(): Promise<void> {
    this.#clients.splice(0).forEach((client) => client.destroy());
    await until(() => this.transfers.size === 0);
    this.server.close();
    await until(() => this.#accepted.size === 0);
    await until(() => this.buffers.lent === 0);
    this.#proxy.close();
    this.#accessLog.close();
    await this.#transport.close();
    this.upstream.closeAllConnections();
    this.upstream.close();
    this.transfers.close();
  }

  /** Opens a connection to the proxy. */
  async connect(): Promise<Socket> {
    const to = { host: '127.0.0.1', port: (this.server.address() as AddressInfo).port };
    const client = this.options.client ? connectTls({ ...to, ca: this.authority.caPem }) : connect(to);
    this.#clients.push(client);
    client.on('error', () => undefined);
    await once(client, this.options.client ? 'secureConnect' : 'connect');
    return client;
  }

  /** Returns the digest of a body; undefined when it breaks off. */
  async digestOf(request: IncomingMessage, pause?: () => Promise<unknown>): Promise<string | undefined> {
    const hash = createHash('sha256');
    try {
      for await (const piece of request as AsyncIterable<Buffer>) {
        hash.update(piece);
        await pause?.();
      }
    } catch {
      this.broken += 1;
      return undefined;
    }
    const digest = hash.digest('hex');
    this.received.push(digest);
    return digest;
  }

  async #forward(client: ClientExchange): Promise<void> {
    const { request, transfer, body } = client;
    this.relayed.push(body !== undefined);
    if (this.refusal) {
      throw this.refusal;
    }
    client.continueBody();
    const { port } = this.upstream.address() as AddressInfo;
    const response = await this.#transport.send({
      method: request.method ?? '',
      origin: `${this.options.upstream ? 'https' : 'http'}://127.0.0.1:${port}`,
      path: request.url ?? '',
      headers: {},
      transfer,
      relayed: body,
    });
    await sendResponse(client, response, { headers: relayedHeaders(response.status, response.headers) });
  }
}
