import { type Server } from 'node:http';
import { type Duplex } from 'node:stream';
import { ProxyError } from '../proxy.errors';
import { errorAnswer } from './error-response';

/** What Node's parser and timers say about a request that never became one, besides the parser's codes, `HPE_…`. */
const ERRORS: Readonly<Record<string, () => ProxyError>> = {
  HPE_HEADER_OVERFLOW: () =>
    new ProxyError('HeaderTooLarge', 'the request line and headers exceed the limit of 64 KiB'),
  ERR_HTTP_REQUEST_TIMEOUT: () => new ProxyError('ClientSilent', 'the head of the request did not arrive in time'),
};

const REASON: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  417: 'Expectation Failed',
  431: 'Request Header Fields Too Large',
};

/** What {@link answerClientErrors} asks and tells. */
export interface ClientErrorHooks {
  /** Whether an answer is being written to the connection, which another must not interrupt. */
  readonly isAnswering: (socket: Duplex) => boolean;
  /** A request was refused before it became one. */
  readonly onRejected: (socket: Duplex, failure: ProxyError) => void;
}

/**
 * Answers what is no valid HTTP/1.1 and closes the connection: after such bytes nobody can say where the next request
 * would begin (rule C8). Content-Length together with Transfer-Encoding is among it.
 */
export function answerClientErrors(server: Server, { isAnswering, onRejected }: ClientErrorHooks): void {
  const answer = (socket: Duplex, failure: ProxyError): void => {
    onRejected(socket, failure);
    socket.end(headAndBody(failure), () => socket.destroy());
  };
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    const failure = failureOf(error.code ?? '');
    if (!failure || !socket.writable || isAnswering(socket)) {
      socket.destroy();
      return;
    }
    answer(socket, failure);
  });
  // Without this Node would close the connection without a word.
  server.on('connect', (_request, socket: Duplex) => {
    answer(socket, new ProxyError('MethodNotAllowed', 'method CONNECT is not served'));
  });
  // The body that the client holds back may still come, so the connection is of no more use.
  server.on('checkExpectation', ({ socket }) => {
    answer(socket, new ProxyError('ExpectationFailed', 'only the expectation 100-continue can be met'));
  });
}

/** Undefined for what is not about HTTP: a broken connection, a failed TLS handshake. */
function failureOf(code: string): ProxyError | undefined {
  if (Object.hasOwn(ERRORS, code)) return ERRORS[code]?.();
  return code.startsWith('HPE_') ? new ProxyError('RequestMalformed', 'the request is not valid HTTP/1.1') : undefined;
}

function headAndBody(failure: ProxyError): string {
  const { status, headers, body } = errorAnswer(failure);
  const lines = Object.entries({ ...headers, connection: 'close' }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${REASON[status] ?? 'Error'}\r\n${lines.join('')}\r\n${body}`;
}
