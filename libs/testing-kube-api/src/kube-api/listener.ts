import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo } from 'node:net';

interface ListenerOptions {
  readonly host: string;
  readonly port: number;
  readonly tls?: { readonly cert: string; readonly key: string };
  readonly onRequest: RequestListener;
}

/** A port that can be closed and opened again. */
export class Listener {
  #server?: Server;
  #boundPort: number;

  constructor(private readonly options: ListenerOptions) {
    this.#boundPort = options.port;
  }

  get port(): number {
    return this.#boundPort;
  }

  async open(): Promise<void> {
    if (this.#server) {
      return;
    }
    const { tls, onRequest, host } = this.options;
    const server = tls ? createTlsServer({ cert: tls.cert, key: tls.key }, onRequest) : createServer(onRequest);
    // Longer than clients keep idle connections, so that the server closes none while a client sends a request.
    server.keepAliveTimeout = 90_000;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#boundPort, host, () => {
        server.off('error', reject);
        resolve();
      });
    });
    this.#boundPort = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** Closes the port and breaks all connections. */
  async close(): Promise<void> {
    const server = this.#server;
    if (!server) {
      return;
    }
    this.#server = undefined;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
  }
}
