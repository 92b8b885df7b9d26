import { once } from 'node:events';
import { createServer as createHttp, type IncomingHttpHeaders, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { type AddressInfo, type Socket } from 'node:net';
import { type TLSSocket } from 'node:tls';

/** A request that arrived at a {@link LoopbackServer}. */
export interface ArrivedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly host?: string;
  readonly servername: string | false;
  readonly alpn: string | false | null;
}

export interface LoopbackServerOptions {
  readonly tls?: { readonly cert: string; readonly key: string };
  readonly address?: string;
  readonly port?: number;
}

/** An http or https server on 127.0.0.1, or another loopback address, that counts its connections and records the requests. */
export class LoopbackServer {
  readonly requests: ArrivedRequest[] = [];
  connections = 0;

  private constructor(
    private readonly server: Server,
    readonly scheme: 'http' | 'https',
  ) {
    server.on('connection', () => this.connections++);
    // This listener must be the first one, so that a request is recorded before it is answered.
    server.prependListener('request', ({ method = '', url = '', headers, socket }: IncomingMessage) => {
      const { servername, alpnProtocol } = socket as Socket & Partial<TLSSocket>;
      this.requests.push({ method, url, headers, host: headers.host, servername: servername ?? false, alpn: alpnProtocol ?? null });
    });
  }

  static async start(listener: RequestListener, options: LoopbackServerOptions = {}): Promise<LoopbackServer> {
    const server = options.tls ? createHttps(options.tls, listener) : createHttp(listener);
    const started = new LoopbackServer(server, options.tls ? 'https' : 'http');
    await once(server.listen(options.port ?? 0, options.address ?? '127.0.0.1'), 'listening');
    return started;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get origin(): string {
    return `${this.scheme}://127.0.0.1:${this.port}`;
  }

  url(host: string, path = '/v2/'): URL {
    return new URL(path, `${this.scheme}://${host}:${this.port}`);
  }

  /** Closes every connection, and accepts no more. */
  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}
