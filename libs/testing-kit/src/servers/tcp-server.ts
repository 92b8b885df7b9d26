import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

export interface TcpServerOptions {
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Default: 127.0.0.1. */
  readonly address?: string;
}

/** Accepts connections on a loopback address, and calls the test's function for each; by default it does nothing. */
export class TcpServer {
  readonly open = new Set<Socket>();
  /** The number of all connections so far. */
  connections = 0;
  readonly #server: Server;

  private constructor(onConnection: (socket: Socket) => void, { tls }: TcpServerOptions) {
    const accept = (socket: Socket): void => {
      this.connections += 1;
      this.open.add(socket);
      socket.on('error', () => undefined);
      socket.once('close', () => this.open.delete(socket));
      onConnection(socket);
    };
    this.#server = tls ? createTlsServer(tls, accept) : createServer(accept);
  }

  static async start(onConnection: (socket: Socket) => void = () => undefined, options: TcpServerOptions = {}): Promise<TcpServer> {
    const server = new TcpServer(onConnection, options);
    await once(server.#server.listen(0, options.address ?? '127.0.0.1'), 'listening');
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Closes every connection, and accepts no more. */
  async close(): Promise<void> {
    for (const socket of this.open) {
      socket.destroy();
    }
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
