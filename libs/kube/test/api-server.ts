import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, type Socket } from 'node:net';
import { Sensitive } from '@oci-connector/sensitive';
import { StaticCredential } from '../src/api-credential';
import { type KubeConnection } from '../src/kube-connection';

/** A request as it arrived. */
export interface SeenRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export type Answer = (request: SeenRequest, response: ServerResponse) => void | Promise<void>;

/** A real HTTP server that records each request and responds as the test specifies. */
export class ApiServer {
  readonly requests: SeenRequest[] = [];
  readonly #sockets = new Set<Socket>();
  #server?: Server;
  port = 0;
  /** The number of responses that have neither ended nor lost their connection. */
  open = 0;

  constructor(public answer: Answer) {}

  static async start(answer: Answer): Promise<ApiServer> {
    const server = new ApiServer(answer);
    await server.listen();
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get openSockets(): number {
    return this.#sockets.size;
  }

  connection(token = 'our-own-token'): KubeConnection {
    return { server: this.url, tls: {}, credential: StaticCredential.bearer(new Sensitive(token)) };
  }

  /** Listens; after a {@link close}, on the same port again. */
  async listen(): Promise<void> {
    const server = createServer((request, response) => void this.#handle(request, response));
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.port, '127.0.0.1', resolve);
    });
    this.port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** Resets all connections, as a crash does. */
  dropConnections(): void {
    this.#sockets.forEach((socket) => socket.resetAndDestroy());
  }

  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    this.dropConnections();
    await new Promise<void>((resolve) => (server === undefined ? resolve() : server.close(() => resolve())));
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request as AsyncIterable<Buffer>) {
        chunks.push(chunk);
      }
    } catch {
      return;
    }
    const seen = {
      method: request.method ?? '',
      url: new URL(request.url ?? '', this.url),
      headers: request.headers,
      body: Buffer.concat(chunks).toString('utf8'),
    };
    this.open++;
    response.on('close', () => this.open--);
    this.requests.push(seen);
    await this.answer(seen, response);
  }
}

export function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** The `Status` object of a refusal. */
export function refuse(response: ServerResponse, code: number, reason: string, message = 'no'): void {
  json(response, code, { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message });
}

/** One line of a watch. */
export function eventLine(type: string, object: unknown): string {
  return `${JSON.stringify({ type, object })}\n`;
}
