import { type Server } from 'node:http';
import { type Duplex } from 'node:stream';
import { ProxyError } from '../proxy.errors';
import { sendError } from './error-response';

/** What Node's own parser says when more requests come over TLS while it holds them back: the client sends too many at once. */
const HELD_BACK = 'HPE_PAUSED';

/** What Node's parser and timers say about a request that never became one, besides the parser's codes, `HPE_…`. */
const ERRORS: Readonly<Record<string, () => ProxyError>> = {
  HPE_HEADER_OVERFLOW: () => new ProxyError('HeaderTooLarge', 'the request line and headers exceed the limit of 64 KiB'),
  ERR_HTTP_REQUEST_TIMEOUT: () => new ProxyError('ClientSilent', 'the head of the request did not arrive in time'),
};

/** What {@link answerClientErrors} calls. */
export interface ClientErrorHooks {
  /** Gives the last answer of a connection. */
  readonly answer: (socket: Duplex, failure: ProxyError) => void;
  /** A request was refused before it became one, and answered. */
  readonly onRejected: (socket: Duplex, failure: ProxyError) => void;
}

/** Answers what is no valid HTTP/1.1. Content-Length together with Transfer-Encoding is among it. */
export function answerClientErrors(server: Server, { answer, onRejected }: ClientErrorHooks): void {
  server.on('clientError', ({ code = '' }: NodeJS.ErrnoException, socket: Duplex) => {
    const failure = failureOf(code);
    if (failure) {
      answer(socket, failure);
    } else {
      socket.destroy();
    }
  });
  server.on('checkExpectation', ({ socket }, response) => {
    const failure = new ProxyError('ExpectationFailed', 'only the expectation 100-continue can be met');
    onRejected(socket, failure);
    sendError(response, failure);
  });
}

/** Undefined for what is not about HTTP: a broken connection, a failure of TLS. */
function failureOf(code: string): ProxyError | undefined {
  if (Object.hasOwn(ERRORS, code)) {
    return ERRORS[code]?.();
  }
  return code.startsWith('HPE_') && code !== HELD_BACK
    ? new ProxyError('RequestMalformed', 'the request is not valid HTTP/1.1')
    : undefined;
}
