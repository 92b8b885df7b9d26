import { type Server, type ServerResponse } from 'node:http';
import { type Duplex } from 'node:stream';
import { ProxyError } from '../proxy.errors';
import { errorResponse, sendError } from './error-response';

/** What Node says of plain HTTP where TLS should begin. */
const NOT_TLS = 'ERR_SSL_HTTP_REQUEST';

/** What Node's own parser says when more requests come over TLS while it holds them back: the client sends too many at once. */
const HELD_BACK = 'HPE_PAUSED';

/** What Node's parser and timers say about a request that never became one, besides the parser's codes, `HPE_…`. */
const ERRORS: Readonly<Record<string, () => ProxyError>> = {
  HPE_HEADER_OVERFLOW: () => new ProxyError('HeaderTooLarge', 'the request line and headers exceed the limit of 64 KiB'),
  [NOT_TLS]: () => new ProxyError('RequestMalformed', 'this port speaks https; begin the address with https://'),
  ERR_HTTP_REQUEST_TIMEOUT: () => new ProxyError('ClientSilent', 'the head of the request did not arrive in time'),
};

const REASON: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
};

/** What {@link answerClientErrors} asks and tells. */
export interface ClientErrorHooks {
  /** The answer to the latest request of a connection. */
  readonly latest: (socket: Duplex) => ServerResponse | undefined;
  /** The connection that a TLS socket is made of; undefined for any other, and when it is gone. */
  readonly beneath: (socket: Duplex) => Duplex | undefined;
  /** A request was refused before it became one. */
  readonly onRejected: (socket: Duplex, failure: ProxyError) => void;
}

/**
 * Answers what is no valid HTTP/1.1 and closes the connection: after such bytes nobody can say where the next request
 * would begin (rule C8). Content-Length together with Transfer-Encoding is among it. Answers to requests before it come first.
 */
export function answerClientErrors(server: Server, { latest, beneath, onRejected }: ClientErrorHooks): void {
  const answer = (socket: Duplex, failure: ProxyError): void => {
    const before = latest(socket);
    if (before === undefined || before.writableFinished) {
      answerNow(socket, failure);
    } else if (before.req.complete) {
      before.once('finish', () => answerNow(socket, failure));
    }
    // It is the body of that request that is wrong.
    else if (!before.headersSent) {
      answerNow(socket, failure);
    } else {
      socket.destroy();
    }
  };
  const answerNow = (socket: Duplex, failure: ProxyError): void => {
    // A client that is gone, or heard of its first mistake.
    if (!socket.writable) {
      return void socket.destroy();
    }
    onRejected(socket, failure);
    socket.end(headAndBody(failure), () => socket.destroy());
  };
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    const { code = '' } = error;
    const failure = failureOf(code);
    // Of TLS such a client understands nothing.
    const understood = code === NOT_TLS ? (beneath(socket) ?? socket) : socket;
    if (failure) {
      answer(understood, failure);
    } else {
      socket.destroy();
    }
  });
  // Without this Node would close the connection without a word.
  server.on('connect', (_request, socket: Duplex) => {
    // Node has let go of the connection, its errors included: a client that resets it now would end the program.
    socket.on('error', () => socket.destroy());
    answer(socket, new ProxyError('MethodNotAllowed', 'method CONNECT is not served'));
  });
  server.on('checkExpectation', ({ socket }, response) => {
    const failure = new ProxyError('ExpectationFailed', 'only the expectation 100-continue can be met');
    onRejected(socket, failure);
    sendError(response, failure);
  });
}

/** Undefined for what is not about HTTP: a broken connection, a failed TLS handshake. */
function failureOf(code: string): ProxyError | undefined {
  if (Object.hasOwn(ERRORS, code)) {
    return ERRORS[code]?.();
  }
  return code.startsWith('HPE_') && code !== HELD_BACK
    ? new ProxyError('RequestMalformed', 'the request is not valid HTTP/1.1')
    : undefined;
}

function headAndBody(failure: ProxyError): string {
  const { status, headers, body } = errorResponse(failure);
  const lines = Object.entries({ ...headers, connection: 'close' }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${REASON[status] ?? 'Error'}\r\n${lines.join('')}\r\n${body}`;
}
