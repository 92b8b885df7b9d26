import { type Server } from 'node:http';
import { type Duplex } from 'node:stream';
import { ProxyError } from '../pipeline/proxy.errors';
import { errorAnswer } from './error-response';

/** What Node's parser and timers say about a request that never became one. */
const ERRORS: Readonly<Record<string, () => ProxyError>> = {
  HPE_HEADER_OVERFLOW: () =>
    new ProxyError('HeaderTooLarge', 'the request line and headers exceed the limit of 64 KiB'),
  ERR_HTTP_REQUEST_TIMEOUT: () => new ProxyError('ClientSilent', 'the head of the request did not arrive in time'),
};

const REASON: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
};

/**
 * Answers what is no valid HTTP/1.1 and closes the connection: after such bytes nobody can say where the next request
 * would begin (rule C8). Content-Length together with Transfer-Encoding is among it.
 *
 * @param isAnswering whether an answer is being written to the connection, which another must not interrupt
 */
export function answerClientErrors(server: Server, isAnswering: (socket: Duplex) => boolean): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    if (error.code === 'ECONNRESET' || !socket.writable || isAnswering(socket)) {
      socket.destroy();
      return;
    }
    const known = Object.hasOwn(ERRORS, error.code ?? '') ? ERRORS[error.code ?? ''] : undefined;
    const failure = known?.() ?? new ProxyError('RequestMalformed', 'the request is not valid HTTP/1.1');
    socket.end(headAndBody(failure), () => socket.destroy());
  });
}

function headAndBody(failure: ProxyError): string {
  const { status, headers, body } = errorAnswer(failure);
  const lines = Object.entries({ ...headers, connection: 'close' }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${REASON[status] ?? 'Error'}\r\n${lines.join('')}\r\n${body}`;
}
