import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { AbstractHttpAdapter } from '@nestjs/core';

type Handler = (request: IncomingMessage, response: ServerResponse, next: () => void) => unknown;

/**
 * How long an idle connection stays open, in milliseconds: longer than the minute between two scrapes of Prometheus, so that it uses the
 * same connection.
 */
const KEEP_ALIVE_MS = 75_000;

/**
 * Serves Nest's controllers over node:http: GET and HEAD of fixed paths, and no request bodies, which is all that the admin port needs.
 * A framework would make each program larger for it (docs/adr/0002).
 */
export class AdminHttpAdapter extends AbstractHttpAdapter<ReturnType<typeof createServer>, IncomingMessage, ServerResponse> {
  readonly #routes = new Map<string, Handler>();
  #running = 0;
  #isClosing = false;
  #notFound: Handler = (_request, response) => this.reply(response, '', 404);

  override initHttpServer(): void {
    this.httpServer = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => this.#serve(request, response));
  }

  /** Nest registers the routes of the controllers here. */
  override get(...[path, handler]: [path: string, handler: Handler] | [handler: Handler]): void {
    if (typeof path !== 'string' || !handler) {
      throw new Error('a route of the admin port needs a path');
    }
    this.#routes.set(path, handler);
  }

  override setNotFoundHandler(handler: Handler): void {
    this.#notFound = handler;
  }

  override listen(...args: readonly unknown[]): unknown {
    return this.httpServer.listen(...(args as []));
  }

  /** Waits for running requests, and then closes all connections: Node.js waits a minute for those that have not sent a request. */
  override async close(): Promise<void> {
    const closed = new Promise((resolve) => this.httpServer.close(resolve));
    this.#isClosing = true;
    this.#closeUnused();
    await closed;
  }

  override status(response: ServerResponse, status: number): void {
    response.statusCode = status;
  }

  override reply(response: ServerResponse, body: unknown, status?: number): void {
    response.statusCode = status ?? response.statusCode;
    if (typeof body === 'string') {
      response.end(body);
    } else {
      response.setHeader('content-type', 'application/json; charset=utf-8');
      response.end(JSON.stringify(body));
    }
  }

  override end(response: ServerResponse, message?: string): void {
    response.end(message);
  }

  override isHeadersSent(response: ServerResponse): boolean {
    return response.headersSent;
  }

  override getHeader(response: ServerResponse, name: string): unknown {
    return response.getHeader(name);
  }

  override setHeader(response: ServerResponse, name: string, value: string): void {
    response.setHeader(name, value);
  }

  override appendHeader(response: ServerResponse, name: string, value: string): void {
    response.appendHeader(name, value);
  }

  override getRequestHostname({ headers }: IncomingMessage): string | undefined {
    return headers.host;
  }

  override getRequestMethod({ method }: IncomingMessage): string | undefined {
    return method;
  }

  override getRequestUrl({ url }: IncomingMessage): string | undefined {
    return url;
  }

  override getType(): string {
    return 'admin';
  }

  // Nest calls these also if there is nothing to do.
  override setErrorHandler(): void {}
  override registerParserMiddleware(): void {}

  override createMiddlewareFactory = unused;
  override applyVersionFilter = unused;
  override enableCors = unused;
  override redirect = unused;
  override render = unused;
  override setViewEngine = unused;
  override useStaticAssets = unused;

  #serve(request: IncomingMessage, response: ServerResponse): void {
    this.#running++;
    response.once('close', () => {
      this.#running--;
      this.#closeUnused();
    });
    const { method, url = '' } = request;
    const [path = ''] = url.split('?');
    const handler = method === 'GET' || method === 'HEAD' ? this.#routes.get(path) : undefined;
    // Nest's handlers turn every error into a response.
    void (handler ?? this.#notFound)(request, response, () => undefined);
  }

  #closeUnused(): void {
    if (this.#isClosing && this.#running === 0) {
      this.httpServer.closeAllConnections();
    }
  }
}

function unused(): never {
  throw new Error('the admin port does not support this');
}
