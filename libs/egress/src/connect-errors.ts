import { formatHostAndPort, type HostAndPort } from './host-and-port';
import { EgressError, type EgressErrorCode, UpstreamConnectError } from './egress.errors';

/** The codes with a fixed message. The others have messages of their own. */
type ConnectCode = Exclude<EgressErrorCode, 'CertificateInvalid' | 'AddressNotAllowed' | 'BufferFull'>;

/** The meaning of the codes of system calls, of the resolver, of Node's TLS and of undici. */
const CODES: Readonly<Partial<Record<string, ConnectCode>>> = {
  ENOTFOUND: 'HostNotFound',
  EAI_AGAIN: 'HostNotFound',
  ENODATA: 'HostNotFound',
  ECONNREFUSED: 'ConnectionRefused',
  ETIMEDOUT: 'ConnectTimeout',
  UND_ERR_CONNECT_TIMEOUT: 'ConnectTimeout',
  EHOSTUNREACH: 'HostUnreachable',
  ENETUNREACH: 'HostUnreachable',
  EHOSTDOWN: 'HostUnreachable',
  ENETDOWN: 'HostUnreachable',
  EADDRNOTAVAIL: 'HostUnreachable',
  // A firewall or network policy on this host.
  EPERM: 'HostUnreachable',
  EACCES: 'HostUnreachable',
  EINVAL: 'HostUnreachable',
  ECONNRESET: 'ConnectionReset',
  ECONNABORTED: 'ConnectionReset',
  EPIPE: 'ConnectionReset',
  UND_ERR_SOCKET: 'ConnectionReset',
  UND_ERR_HEADERS_TIMEOUT: 'ResponseTimeout',
  UND_ERR_BODY_TIMEOUT: 'ResponseTimeout',
  UND_ERR_HEADERS_OVERFLOW: 'ResponseInvalid',
  EPROTO: 'TlsFailed',
};

/** OpenSSL's verification results (X509_V_ERR_…) with Node's names, and what to do about each kind. */
const CERTIFICATE_PROBLEMS: readonly { codes: readonly string[]; advice: string }[] = [
  {
    codes: [
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      'SELF_SIGNED_CERT_IN_CHAIN',
      'UNABLE_TO_GET_ISSUER_CERT',
      'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      'CERT_UNTRUSTED',
      'CERT_SIGNATURE_FAILURE',
    ],
    advice: "is signed by an unknown authority. Put that authority's certificate into a Secret and name it in spec.caCertSecretRef",
  },
  {
    codes: ['ERR_TLS_CERT_ALTNAME_INVALID', 'HOSTNAME_MISMATCH'],
    advice: 'is for another host name. Use a name in the address that it covers',
  },
  { codes: ['CERT_HAS_EXPIRED'], advice: 'has expired. It must be renewed on the server' },
  { codes: ['CERT_NOT_YET_VALID'], advice: 'is not valid yet. Check the clocks' },
  {
    codes: [
      'CERT_REVOKED',
      'CERT_REJECTED',
      'INVALID_CA',
      'INVALID_PURPOSE',
      'PATH_LENGTH_EXCEEDED',
      'CERT_CHAIN_TOO_LONG',
      'CERT_NAME_CONSTRAINTS_VIOLATION',
    ],
    advice: 'is not accepted. It must be replaced on the server',
  },
];

const MESSAGES: Readonly<Record<ConnectCode, string>> = {
  HostNotFound: "the host name has no address. Check its spelling and the cluster's DNS",
  ConnectionRefused: 'nothing listens there. Check host and port of the address',
  ConnectTimeout: 'no connection was made in time. Check the address, and firewalls and network policies on the way',
  HostUnreachable: 'there is no route to the host. Check the address and the network',
  TlsFailed: 'the TLS handshake failed. Check whether the port speaks https; for plain http write http:// in the address',
  ConnectionReset: 'the connection was closed before the response was complete',
  ResponseTimeout: 'the connection was made, but no response arrived in time',
  ResponseInvalid: 'the response is not HTTP/1.1. Check whether the port speaks the scheme of the address (http or https)',
};

/** Errors wrap errors. Causes deeper than this are ignored. */
const MAX_DEPTH = 6;

/** The fields of an error that are used. Errors are recognised by shape, because `instanceof` fails for an error from another realm. */
interface ErrorLike {
  name?: unknown;
  code?: unknown;
  cause?: unknown;
  /** The errors of an AggregateError: one per dialled address. */
  errors?: unknown;
}

/** Yields the error, the errors that it aggregates, and its causes, outermost first. */
function* chain(error: unknown, depth = 0): Generator<ErrorLike> {
  if (typeof error !== 'object' || error === null || depth > MAX_DEPTH) {
    return;
  }
  const link: ErrorLike = error;
  yield link;
  if (Array.isArray(link.errors)) {
    for (const inner of link.errors) {
      yield* chain(inner, depth + 1);
    }
  }
  yield* chain(link.cause, depth + 1);
}

/** Returns the code for errors that a table cannot list. Most of undici's parser errors have no code. */
function codeByPattern({ name, code }: ErrorLike): ConnectCode | undefined {
  if (name === 'HTTPParserError') {
    return 'ResponseInvalid';
  }
  return typeof code === 'string' && /^ERR_(SSL|TLS)_/.test(code) ? 'TlsFailed' : undefined;
}

/** Returns the meaning of one error, without its causes. */
function meaningOf(error: ErrorLike): { code: ConnectCode | 'CertificateInvalid'; text: string } | undefined {
  const name = typeof error.code === 'string' ? error.code : undefined;
  const certificate = name === undefined ? undefined : CERTIFICATE_PROBLEMS.find(({ codes }) => codes.includes(name));
  if (certificate) {
    return { code: 'CertificateInvalid', text: `its certificate ${certificate.advice} (${name})` };
  }
  const code = (name === undefined ? undefined : CODES[name]) ?? codeByPattern(error);
  if (code === undefined) {
    return undefined;
  }
  return { code, text: name === undefined ? MESSAGES[code] : `${MESSAGES[code]} (${name})` };
}

/**
 * Returns the typed error for a failed connection to an upstream, by the first known code in the chain of causes; undefined for any other
 * error, such as an abort by the caller.
 *
 * @param target the peer to name in the message
 */
export function classifyConnectError(error: unknown, target?: HostAndPort): UpstreamConnectError | undefined {
  for (const link of chain(error)) {
    if (link instanceof UpstreamConnectError) {
      return link;
    }
    if (link instanceof EgressError) {
      return new UpstreamConnectError(link.code, link.message, { cause: error, host: link.host, reason: link.reason });
    }
    const meaning = meaningOf(link);
    if (meaning) {
      const peer = target ? formatHostAndPort(target) : 'the upstream';
      return new UpstreamConnectError(meaning.code, `No answer from ${peer}: ${meaning.text}.`, {
        cause: error,
        host: target?.host,
        reason: meaning.text,
      });
    }
  }
  return undefined;
}
