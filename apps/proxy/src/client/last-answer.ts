import { type ServerResponse } from 'node:http';
import { type Duplex } from 'node:stream';
import { type ProxyError } from '../proxy.errors';
import { errorResponse } from './error-response';

const REASON: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
};

/** What {@link LastAnswer} asks and tells. */
export interface LastAnswerHooks {
  /** The answer to the latest request of a connection. */
  readonly latest: (socket: Duplex) => ServerResponse | undefined;
  /** A request was refused before it became one. */
  readonly onRejected: (socket: Duplex, failure: ProxyError) => void;
}

/**
 * Answers for which `node:http` has no response, and closes the connection: after such bytes nobody can say where the next request
 * would begin (rule C8). Answers to requests before it come first.
 */
export class LastAnswer {
  constructor(private readonly hooks: LastAnswerHooks) {}

  give(socket: Duplex, failure: ProxyError): void {
    const before = this.hooks.latest(socket);
    if (before === undefined || before.writableFinished) {
      this.#giveNow(socket, failure);
    } else if (before.req.complete) {
      before.once('finish', () => this.#giveNow(socket, failure));
    }
    // It is the body of that request that is wrong.
    else if (!before.headersSent) {
      this.#giveNow(socket, failure);
    } else {
      socket.destroy();
    }
  }

  #giveNow(socket: Duplex, failure: ProxyError): void {
    // A client that is gone, or heard of its first mistake.
    if (!socket.writable) {
      return void socket.destroy();
    }
    this.hooks.onRejected(socket, failure);
    socket.end(headAndBody(failure), () => socket.destroy());
  }
}

function headAndBody(failure: ProxyError): string {
  const { status, headers, body } = errorResponse(failure);
  const lines = Object.entries({ ...headers, connection: 'close' }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${REASON[status] ?? 'Error'}\r\n${lines.join('')}\r\n${body}`;
}
