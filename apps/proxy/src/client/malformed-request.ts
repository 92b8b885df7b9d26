import { type IncomingMessage } from 'node:http';
import { countHeader } from '@oci-connector/http';
import { ProxyError } from '../proxy.errors';

/** RFC 9112 §3.2, port included; a name, an IPv4 or a bracketed IPv6 address. */
const AUTHORITY = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;
/** RFC 9112 §3.2.1: visible ASCII; llhttp lets more through. A fragment is never sent. */
const TARGET = /^[\x21\x22\x24-\x7e]+$/;

/**
 * Finds what Node's parser lets pass and another server may read in another way (rule C8). Parsing only; the answer closes the
 * connection, and no later request on it is served.
 */
export function findMalformation(request: IncomingMessage): ProxyError | undefined {
  return wrongCoding(request) ?? wrongHost(request) ?? wrongTarget(request);
}

/** Node undoes chunks and nothing else: a coding under them would be lost, and its bytes be taken for the content. */
function wrongCoding({ headers, httpVersion }: IncomingMessage): ProxyError | undefined {
  const coding = headers['transfer-encoding'];
  if (coding === undefined) {
    return undefined;
  }
  // RFC 9112 §6.1: a version that has no transfer codings.
  if (httpVersion !== '1.1') {
    return new ProxyError('RequestMalformed', `HTTP/${httpVersion} has no Transfer-Encoding; send the request as HTTP/1.1`);
  }
  if (coding === '') {
    return new ProxyError('RequestMalformed', 'the Transfer-Encoding header is empty');
  }
  if (coding.toLowerCase() === 'chunked') {
    return undefined;
  }
  return new ProxyError(
    'TransferCodingUnsupported',
    'of the transfer codings only chunked is served; send "Transfer-Encoding: chunked" or a Content-Length',
  );
}

/** RFC 9112 §3.2: a request with more than one Host, or an invalid one, is answered 400. */
function wrongHost({ headers, rawHeaders }: IncomingMessage): ProxyError | undefined {
  if (countHeader(rawHeaders, 'host') === 1 && AUTHORITY.test(headers.host ?? '')) {
    return undefined;
  }
  return new ProxyError('RequestMalformed', 'the request must carry exactly one valid Host header');
}

function wrongTarget({ url = '' }: IncomingMessage): ProxyError | undefined {
  if (TARGET.test(url)) {
    return undefined;
  }
  return new ProxyError('RequestMalformed', 'the request target may hold only visible ASCII characters, and no #; escape all others');
}
