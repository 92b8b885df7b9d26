import { type Duplex } from 'node:stream';
import { type ProxyError } from '../proxy.errors';
import { errorResponse, reasonWithMessage } from './error-response';
import { type ClientResponse } from './client-sink';

/** The functions that {@link LastAnswer} calls. */
export interface LastAnswerHooks {
  /** Returns the response to the latest request of a connection. */
  readonly latest: (socket: Duplex) => ClientResponse | undefined;
  /** Called for a request that was refused before the pipeline got it. */
  readonly onRejected: (socket: Duplex, failure: ProxyError) => void;
}

/**
 * Sends an error response when `node:http` provides no response object, and closes the connection: after invalid data, the start of the
 * next request is unknown (rule C8). Responses to earlier requests are sent first.
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
    // The body of the latest request is invalid.
    else if (!before.headersSent) {
      this.#giveNow(socket, failure);
    } else {
      socket.destroy();
    }
  }

  #giveNow(socket: Duplex, failure: ProxyError): void {
    // The client has disconnected, or already got an error response.
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
  // The request was not read completely: it may be CONNECT.
  return `HTTP/1.1 ${status} ${reasonWithMessage(failure)}\r\n${lines.join('')}\r\n${body}`;
}
