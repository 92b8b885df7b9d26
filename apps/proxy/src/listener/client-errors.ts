import { type Server } from 'node:http';
import { type Duplex } from 'node:stream';
import { ProxyError } from '../pipeline/proxy.errors';
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
    const failure = failureOf(error.code ?? '');
    if (!failure || !socket.writable || isAnswering(socket)) {
      socket.destroy();
      return;
    }
    socket.end(headAndBody(failure), () => socket.destroy());
  });
  // Without this Node would close the connection without a word.
  server.on('connect', (_request, socket: Duplex) => {
    socket.end(headAndBody(new ProxyError('MethodNotAllowed', 'method CONNECT is not served')), () => socket.destroy());
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
