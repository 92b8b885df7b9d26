import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

/** A request as it arrived. */
export interface RawRequest {
  /** Method, target and version. */
  readonly line: string;
  readonly head: string;
  readonly body: string;
  /** The number of its connection; the first is 0. */
  readonly connection: number;
}

/** Writes a response to the request's connection, with full control over the bytes. */
export type RawAnswer = (request: RawRequest, socket: Socket) => void;

/** Responds with 200 and the request's path as the body; to HEAD without a body. */
export const echo: RawAnswer = ({ line }, socket) => {
  const [method = '', path = ''] = line.split(' ');
  socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${path.length}\r\n\r\n${method === 'HEAD' ? '' : path}`);
};

export interface RawUpstreamOptions {
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** An upstream without an HTTP library. It parses requests strictly by RFC 9112, and exposes every byte that arrives. */
export class RawUpstream {
  readonly requests: RawRequest[] = [];
  /** The received text that is not a valid request. */
  readonly violations: string[] = [];
  readonly open = new Set<Socket>();
  /** The number of all connections so far. */
  connections = 0;
  answer: RawAnswer = echo;
  /** Called with the request line of a request whose body has not arrived yet. */
  onHead?: (line: string, socket: Socket) => void;
  readonly #server: Server;

  private constructor(private readonly options: RawUpstreamOptions) {
    const accept = (socket: Socket): void => this.#accept(socket);
    this.#server = options.tls ? createTlsServer(options.tls, accept) : createServer(accept);
  }

  static async start(options: RawUpstreamOptions = {}): Promise<RawUpstream> {
    const upstream = new RawUpstream(options);
    upstream.#server.listen(0, '127.0.0.1');
    await once(upstream.#server, 'listening');
    return upstream;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `${this.options.tls ? 'https' : 'http'}://127.0.0.1:${this.port}`;
  }

  get lines(): string[] {
    return this.requests.map(({ line }) => line);
  }

  /** Forgets the recorded requests; connections stay open. */
  clear(): void {
    this.requests.splice(0);
    this.violations.splice(0);
  }

  async close(): Promise<void> {
    for (const socket of this.open) {
      socket.destroy();
    }
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(socket: Socket): void {
    const connection = this.connections;
    this.connections += 1;
    this.open.add(socket);
    let unread = '';
    socket.on('error', () => undefined);
    socket.once('close', () => this.open.delete(socket));
    socket.on('data', (chunk: Buffer) => {
      unread += chunk.toString('latin1');
      unread = this.#read(unread, connection, socket);
      if (unread.includes('\r\n\r\n')) {
        this.onHead?.(unread.slice(0, unread.indexOf('\r\n')), socket);
      }
    });
  }

  /** Handles all complete requests. Returns the remaining incomplete text. */
  #read(text: string, connection: number, socket: Socket): string {
    let rest = text;
    for (;;) {
      const parsed = parseRequest(rest);
      if (parsed === undefined) {
        return rest;
      }
      if (parsed === 'invalid') {
        this.violations.push(rest);
        socket.destroy();
        return '';
      }
      rest = parsed.rest;
      const request = { line: parsed.line, head: parsed.head, body: parsed.body, connection };
      this.requests.push(request);
      this.answer(request, socket);
    }
  }
}

interface Parsed extends Omit<RawRequest, 'connection'> {
  readonly rest: string;
}

/** Returns undefined when the request is incomplete. Any framing except one Content-Length or one `chunked` is invalid here. */
function parseRequest(text: string): Parsed | 'invalid' | undefined {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) {
    return undefined;
  }
  const head = text.slice(0, end);
  const [line = '', ...fields] = head.split('\r\n');
  if (!/^[A-Z]+ \/\S* HTTP\/1\.1$/.test(line) || !fields.every((field) => /^[\w-]+: ?[^\r\n]*$/.test(field))) {
    return 'invalid';
  }
  const framing = fields.filter((field) => /^(content-length|transfer-encoding):/i.test(field));
  if (framing.length > 1) {
    return 'invalid';
  }
  const content = parseContent(framing[0], text.slice(end + 4));
  return typeof content === 'object' ? { line, head, ...content } : content;
}

function parseContent(framing: string | undefined, text: string): { body: string; rest: string } | 'invalid' | undefined {
  if (framing === undefined) {
    return { body: '', rest: text };
  }
  if (/^transfer-encoding: chunked$/i.test(framing)) {
    return parseChunks(text);
  }
  const length = /^content-length: (\d+)$/i.exec(framing)?.[1];
  if (length === undefined) {
    return 'invalid';
  }
  return text.length < Number(length) ? undefined : { body: text.slice(0, Number(length)), rest: text.slice(Number(length)) };
}

function parseChunks(text: string): { body: string; rest: string } | 'invalid' | undefined {
  let body = '';
  let rest = text;
  for (;;) {
    const line = rest.indexOf('\r\n');
    if (line < 0) {
      return undefined;
    }
    if (!/^[0-9a-f]+$/i.test(rest.slice(0, line))) {
      return 'invalid';
    }
    const size = parseInt(rest.slice(0, line), 16);
    if (rest.length < line + 2 + size + 2) {
      return undefined;
    }
    if (rest.slice(line + 2 + size, line + 4 + size) !== '\r\n') {
      return 'invalid';
    }
    body += rest.slice(line + 2, line + 2 + size);
    rest = rest.slice(line + 4 + size);
    if (size === 0) {
      return { body, rest };
    }
  }
}
