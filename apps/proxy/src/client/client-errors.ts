import { type Server } from 'node:http';
import { type Duplex } from 'node:stream';
import { ProxyError } from '../proxy.errors';
import { sendError } from './error-response';

/** The error of Node's parser when more requests arrive over TLS while it is paused, because the client sends too many at the same time. */
const HELD_BACK = 'HPE_PAUSED';

/** Errors of Node's parser and timers before a request is complete; {@link failureOf} handles the other codes of the parser, `HPE_…`. */
const ERRORS: Readonly<Record<string, () => ProxyError>> = {
  HPE_HEADER_OVERFLOW: () => new ProxyError('HeaderTooLarge', 'the request line and headers exceed the limit of 64 KiB'),
  ERR_HTTP_REQUEST_TIMEOUT: headersTimedOut,
};

/** The functions that {@link answerClientErrors} calls. */
export interface ClientErrorHooks {
  /** Sends an error response and closes the connection. */
  readonly answer: (socket: Duplex, failure: ProxyError) => void;
  /** Called for a request that was refused before the pipeline got it. */
  readonly onRejected: (socket: Duplex, failure: ProxyError) => void;
}

/** Answers data that is not valid HTTP/1.1, including Content-Length together with Transfer-Encoding, and unsupported expectations. */
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
    const failure = new ProxyError('ExpectationFailed', 'the only supported expectation is 100-continue');
    onRejected(socket, failure);
    sendError(response, failure);
  });
}

/** The failure of a client whose request headers do not arrive. */
export function headersTimedOut(): ProxyError {
  return new ProxyError('ClientSilent', 'the request headers did not arrive in time');
}

/** Returns undefined for an error that is not about HTTP: a broken connection, or a TLS failure. */
function failureOf(code: string): ProxyError | undefined {
  if (Object.hasOwn(ERRORS, code)) {
    return ERRORS[code]?.();
  }
  return code.startsWith('HPE_') && code !== HELD_BACK
    ? new ProxyError('RequestMalformed', 'the request is not valid HTTP/1.1')
    : undefined;
}
