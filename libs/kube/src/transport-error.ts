import { KubeResponseError, KubeUnreachableError, type KubeError } from './kube.errors';
import { type Deadline } from './deadline';

/**
 * The error codes of Node and undici when no response arrived. The list is closed: any other error never counts as "unreachable",
 * because only then older positive answers are still used (C10).
 */
const NO_ANSWER: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_SOCKET',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** The codes of OpenSSL and Node for certificate problems begin like this. */
const CERTIFICATE = /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO|DEPTH_ZERO|SELF_SIGNED|HOSTNAME_MISMATCH|INVALID_CA|EPROTO)/;

/** Returns the error for a failure before the response headers arrived. */
export function classifyTransportError(error: unknown, request: string, deadline: Deadline): KubeError {
  if (deadline.expired) {
    return new KubeUnreachableError(`${request}: no answer in time`, { cause: error });
  }
  const code = (error as { code?: unknown }).code;
  const name = typeof code === 'string' ? code : 'unknown';
  if (NO_ANSWER.has(name)) {
    return new KubeUnreachableError(`${request}: no connection to the API server (${name})`, { cause: error });
  }
  if (CERTIFICATE.test(name)) {
    return new KubeResponseError('CertificateInvalid', `${request}: the API server's certificate was refused (${name})`, {
      cause: error,
    });
  }
  return new KubeResponseError('ResponseInvalid', `${request}: the answer is not HTTP (${name})`, { cause: error });
}
