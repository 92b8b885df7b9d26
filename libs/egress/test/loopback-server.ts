import { once } from 'node:events';
import { createServer as createHttp, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { type AddressInfo, type Socket } from 'node:net';
import { type TLSSocket } from 'node:tls';

/** What a server on loopback saw. */
export interface SeenConnection {
  host?: string;
  servername: string | false;
  alpn: string | false | null;
}

/** An http or https server on 127.0.0.1 (or another loopback address) that counts its connections. */
export class LoopbackServer {
  readonly seen: SeenConnection[] = [];
  connections = 0;

  private constructor(
    private readonly server: Server,
    readonly scheme: 'http' | 'https',
  ) {
    server.on('connection', () => this.connections++);
    server.on('request', ({ headers, socket }: IncomingMessage) => {
      const { servername, alpnProtocol } = socket as Socket & Partial<TLSSocket>;
      this.seen.push({ host: headers.host, servername: servername ?? false, alpn: alpnProtocol ?? null });
    });
  }

  static async start(listener: RequestListener, options: { tls?: { cert: string; key: string }; address?: string; port?: number } = {}): Promise<LoopbackServer> {
    const server = options.tls ? createHttps(options.tls, listener) : createHttp(listener);
    await once(server.listen(options.port ?? 0, options.address ?? '127.0.0.1'), 'listening');
    return new LoopbackServer(server, options.tls ? 'https' : 'http');
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  url(host: string, path = '/v2/'): URL {
    return new URL(path, `${this.scheme}://${host}:${this.port}`);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}
