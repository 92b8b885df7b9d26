import { STATUS_CODES } from 'node:http';
import { visible } from '@oci-connector/sensitive';
import { type ProxyError } from '../proxy.errors';
import { WEB_SOCKET_VERSION } from '../protocols/web-socket-version';
import { ociErrorBody } from '../protocols/oci/oci-error-body';
import { type ErrorFormat } from '../protocols/protocol';
import { SERVED_METHODS } from '../protocols/verbs';
import { type ClientResponse } from './client-sink';

/** The only challenge for clients. It is not Bearer: clients would then request a token, and the proxy is not a token server (ADR 0003). */
const CHALLENGE = 'Basic realm="connectors"';

/** Status, headers and body of an error response. */
export interface ErrorResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** In characters. A message may contain the registry's own message. */
const MAX_MESSAGE = 2_048;

/** @param format formats the error body; default: as the distribution-spec says */
export function errorResponse(error: ProxyError, format?: ErrorFormat): ErrorResponse {
  const { status, ociCode, message } = error;
  const refused = { status, ociCode, message: visible(message, MAX_MESSAGE) };
  const { contentType, headers, body } = format?.errorBody?.(refused) ?? ociErrorBody(refused);
  return {
    status,
    headers: {
      'content-type': contentType,
      'content-length': String(Buffer.byteLength(body)),
      ...headers,
      ...(error.code === 'Unauthenticated' && { 'www-authenticate': CHALLENGE }),
      ...(error.code === 'ProxyLoginRequired' && { 'proxy-authenticate': CHALLENGE }),
      // RFC 6455 §4.4: the supported version.
      ...(error.code === 'UpgradeUnsupported' && { 'sec-websocket-version': WEB_SOCKET_VERSION }),
      ...(error.code === 'MethodNotAllowed' && { allow: SERVED_METHODS }),
      ...(error.closes && { connection: 'close' }),
      ...(error.retryAfterSeconds !== undefined && { 'retry-after': String(error.retryAfterSeconds) }),
    },
    body,
  };
}

/** Sends an error response. Nothing must have been written before. */
export function sendError(response: ClientResponse, error: ProxyError, format?: ErrorFormat): void {
  const { status, headers, body } = errorResponse(error, format);
  if (response.req.method === 'CONNECT') {
    response.statusMessage = reasonWithMessage(error);
  }
  response.writeHead(status, headers);
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

/** In characters; clients show it in one line. */
const MAX_REASON = 300;

/**
 * Returns the reason phrase of a response to CONNECT: with the message, because clients show nothing else of such a response. Those written
 * in Go print the phrase, and curl prints it with `--verbose`.
 */
export function reasonWithMessage({ status, message }: ProxyError): string {
  const text = visible(message, MAX_REASON).replace(/[^\x20-\x7e]/g, '?');
  return `${STATUS_CODES[status] ?? 'Error'}: ${text}`;
}
