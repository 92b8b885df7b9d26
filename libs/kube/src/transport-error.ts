import { KubeResponseError, KubeUnreachableError, type KubeError } from './kube.errors';
import { type Deadline } from './deadline';

/**
 * What Node and undici report when nothing came back. A closed list: an error that is not on it never counts as "unreachable",
 * because answers that were positive before are used on only then (C10).
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

/** OpenSSL and Node name certificate problems by these beginnings. */
const CERTIFICATE = /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO|DEPTH_ZERO|SELF_SIGNED|HOSTNAME_MISMATCH|INVALID_CA|EPROTO)/;

/** A failure before the head of an answer was there, as one of our errors. */
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
