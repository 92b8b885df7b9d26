import { countHeader } from '@oci-connector/http';
import { ProxyError } from '../proxy.errors';
import { type RequestHead } from '../naming/request-head';

/** A Host value (RFC 9112 §3.2): a name, an IPv4 address or a bracketed IPv6 address, with an optional port. */
const AUTHORITY = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;
/** RFC 9112 §3.2.1: visible ASCII without a fragment. Node's parser, llhttp, accepts more. */
const TARGET = /^[\x21\x22\x24-\x7e]+$/;

/**
 * Finds a malformation that Node's parser accepts and that another server may interpret differently (rule C8). The error response must
 * close the connection, and no later request on it may be served.
 *
 * @returns undefined for a well-formed request
 */
export function findMalformation(request: RequestHead): ProxyError | undefined {
  return wrongCoding(request) ?? wrongHost(request) ?? wrongTarget(request);
}

/** Node decodes only `chunked`. The proxy would forward the data of any other coding as the content, without naming the coding. */
function wrongCoding({ headers, httpVersion }: RequestHead): ProxyError | undefined {
  const coding = headers['transfer-encoding'];
  if (coding === undefined) {
    return undefined;
  }
  // RFC 9112 §6.1: HTTP/1.0 has no transfer codings.
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
    'the only supported transfer coding is chunked; send "Transfer-Encoding: chunked" or a Content-Length',
  );
}

/** RFC 9112 §3.2: a request without exactly one valid Host gets 400. */
function wrongHost({ headers, rawHeaders }: RequestHead): ProxyError | undefined {
  if (countHeader(rawHeaders, 'host') === 1 && AUTHORITY.test(headers.host ?? '')) {
    return undefined;
  }
  return new ProxyError('RequestMalformed', 'the request must contain exactly one valid Host header');
}

function wrongTarget({ url = '' }: RequestHead): ProxyError | undefined {
  if (TARGET.test(url)) {
    return undefined;
  }
  return new ProxyError(
    'RequestMalformed',
    'the request target may contain only visible ASCII characters other than #; percent-encode all others',
  );
}
