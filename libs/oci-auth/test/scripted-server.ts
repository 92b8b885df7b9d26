import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { type AddressInfo } from 'node:net';

/** A request as it arrived. */
export interface SeenRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  body: string;
}

/** The response to send. A string body is sent unchanged, an object as JSON. */
export interface ScriptedResponse {
  status?: number;
  headers?: Record<string, string | string[]>;
  body?: string | object;
}

export type Script = (request: SeenRequest) => ScriptedResponse | Promise<ScriptedResponse>;

/** A registry or token server on 127.0.0.1 that responds by a script and records every request. */
export class ScriptedServer {
  readonly seen: SeenRequest[] = [];
  #script: Script = () => ({ status: 404 });
  readonly #server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) {
        chunks.push(chunk as Buffer);
      }
      const url = new URL(request.url ?? '/', 'http://127.0.0.1');
      const seen: SeenRequest = {
        method: request.method ?? '',
        path: url.pathname,
        query: url.searchParams,
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
      };
      this.seen.push(seen);
      const { status = 200, headers = {}, body = '' } = await this.#script(seen);
      response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body));
    })();
  });

  static async start(): Promise<ScriptedServer> {
    const server = new ScriptedServer();
    // A kept-alive connection must not be closed while the client sends its next request.
    server.#server.keepAliveTimeout = 0;
    await once(server.#server.listen(0, '127.0.0.1'), 'listening');
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Sets the script and forgets the recorded requests. */
  play(script: Script): void {
    this.#script = script;
    this.seen.length = 0;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
