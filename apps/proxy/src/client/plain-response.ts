import { EventEmitter } from 'node:events';
import { type OutgoingHttpHeader, type OutgoingHttpHeaders, STATUS_CODES } from 'node:http';
import { type Socket } from 'node:net';
import { type ClientResponse } from './client-sink';

/** What a header value may contain (RFC 9110 §5.5). */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** RFC 9110 §15.3.5, §15.4.5: no body. */
const BODILESS: ReadonlySet<number> = new Set([204, 304]);

export interface PlainResponseStart {
  readonly method: string;
  readonly socket: Socket;
  readonly keepAlive: boolean;
  /** How long the connection may be idle after the response, in milliseconds. */
  readonly idleMs: number;
  /** The value of Date. */
  readonly date: () => string;
}

/** The response to a plain request. It writes to the connection what `ServerResponse` of `node:http` would write, in fewer steps. */
export class PlainResponse extends EventEmitter implements ClientResponse {
  readonly req: { readonly method: string; readonly complete: true };
  statusCode = 200;
  statusMessage = '';
  shouldKeepAlive: boolean;
  headersSent = false;
  writableFinished = false;
  destroyed = false;
  socket: Socket | null;
  readonly #set: [string, string][] = [];
  /** The head, until it is written. */
  #head = '';
  #hasBody: boolean;
  #isChunked = false;
  #isEnded = false;
  #timedOut?: () => void;
  readonly #finished = (): void => {
    if (!this.writableFinished && this.socket) {
      this.writableFinished = true;
      this.socket = null;
      this.emit('finish');
      this.emit('close');
    }
  };

  constructor(private readonly start: PlainResponseStart) {
    super();
    const { method, socket, keepAlive } = start;
    this.req = { method, complete: true };
    this.socket = socket;
    this.shouldKeepAlive = keepAlive;
    this.#hasBody = method !== 'HEAD';
  }

  get writableLength(): number {
    return this.#head.length + (this.socket?.writableLength ?? 0);
  }

  setHeader(name: string, value: string): void {
    this.#set.push([name, value]);
  }

  /** @throws TypeError when a value contains a character that must not be sent */
  writeHead(status: number, headers: OutgoingHttpHeaders | OutgoingHttpHeader[]): void {
    const lines = new HeaderLines();
    this.#set.forEach(([name, value]) => lines.add(name, value));
    if (Array.isArray(headers)) {
      for (let index = 0; index < headers.length; index += 2) {
        lines.add(String(headers[index]), headers[index + 1]);
      }
    } else {
      for (const name in headers) {
        lines.add(name, headers[name]);
      }
    }
    this.statusCode = status;
    this.headersSent = true;
    this.#hasBody &&= !BODILESS.has(status);
    this.#isChunked = this.#hasBody && !lines.hasLength;
    const reason = this.statusMessage || (STATUS_CODES[status] ?? 'unknown');
    this.#head = `HTTP/1.1 ${status} ${reason}\r\n${lines.text}${this.#ownLines(lines)}\r\n`;
  }

  write(piece: Uint8Array | string, encodingOrDone?: 'latin1' | (() => void)): boolean {
    const { socket } = this;
    const done = typeof encodingOrDone === 'function' ? encodingOrDone : undefined;
    if (!socket || !this.#hasBody) {
      if (done) {
        process.nextTick(done);
      }
      return true;
    }
    if (this.#isChunked) {
      return this.#writeChunk(socket, piece, done);
    }
    const head = this.#takeHead();
    if (typeof piece === 'string') {
      return socket.write(head + piece, 'latin1', done);
    }
    if (head !== '') {
      socket.write(head, 'latin1');
    }
    return socket.write(piece, done);
  }

  end(piece?: Uint8Array | string): void {
    const { socket } = this;
    if (this.#isEnded || !socket) {
      return;
    }
    this.#isEnded = true;
    if (piece !== undefined && piece.length > 0) {
      // A text of ours; as for `ServerResponse`, it is in UTF-8.
      this.write(typeof piece === 'string' ? Buffer.from(piece) : piece);
    }
    const last = this.#takeHead() + (this.#isChunked ? '0\r\n\r\n' : '');
    this.emit('prefinish');
    if (last === '' && socket.writableLength === 0) {
      process.nextTick(this.#finished);
    } else {
      socket.write(last, 'latin1', this.#finished);
    }
  }

  setTimeout(ms: number, timedOut: () => void): void {
    this.#timedOut = timedOut;
    this.socket?.setTimeout(ms);
  }

  /** Nothing has moved on the connection for the time that was set for it. */
  timedOut(): void {
    this.#timedOut?.();
  }

  destroy(): void {
    this.destroyed = true;
    this.socket?.destroy();
  }

  /** The connection has closed. */
  closed(): void {
    if (this.socket) {
      this.destroyed = true;
      this.socket = null;
      this.emit('close');
    }
  }

  #writeChunk(socket: Socket, piece: Uint8Array | string, done?: () => void): boolean {
    const bytes = typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece;
    socket.cork();
    socket.write(`${this.#takeHead()}${bytes.length.toString(16)}\r\n`, 'latin1');
    socket.write(bytes, done);
    const wantsMore = socket.write('\r\n', 'latin1');
    socket.uncork();
    return wantsMore;
  }

  #takeHead(): string {
    const head = this.#head;
    this.#head = '';
    return head;
  }

  /** The headers about the connection and the framing, as `node:http` adds them. */
  #ownLines({ hasDate, connection }: HeaderLines): string {
    const { idleMs, date } = this.start;
    let text = hasDate ? '' : `Date: ${date()}\r\n`;
    if (connection !== undefined) {
      this.shouldKeepAlive &&= !/\bclose\b/i.test(connection);
    } else if (this.shouldKeepAlive) {
      text += `Connection: keep-alive\r\nKeep-Alive: timeout=${Math.floor(idleMs / 1_000)}\r\n`;
    } else {
      text += 'Connection: close\r\n';
    }
    return this.#isChunked ? `${text}Transfer-Encoding: chunked\r\n` : text;
  }
}

/** Collects the header lines of a response. */
class HeaderLines {
  text = '';
  hasDate = false;
  hasLength = false;
  connection?: string;

  add(name: string, value: OutgoingHttpHeader | undefined): void {
    if (value === undefined || (this.connection !== undefined && name === 'connection')) {
      return;
    }
    this.#note(name, value);
    for (const one of Array.isArray(value) ? value : [String(value)]) {
      if (!VALUE.test(one)) {
        throw new TypeError(`the header ${name} contains a character that must not be sent`);
      }
      this.text += `${name}: ${one}\r\n`;
    }
  }

  #note(name: string, value: OutgoingHttpHeader): void {
    switch (name) {
      case 'date':
        this.hasDate = true;
        break;
      case 'content-length':
        this.hasLength = true;
        break;
      case 'connection':
        this.connection = String(value);
        break;
    }
  }
}
