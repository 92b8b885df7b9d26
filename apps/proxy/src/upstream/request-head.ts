import { Sensitive } from '@oci-connector/sensitive';
import { type RequestBody } from '../transfer/request-body';
import { type UpstreamRequest } from './upstream-transport';

/** RFC 9110 §5.6.2. */
const TOKEN = /^[!#$%&'*+\-.^_`|~\dA-Za-z]+$/;

/** RFC 9110 §5.5, with obs-text. */
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** A request target has no spaces and no control characters. */
const TARGET = /^\/[\x21-\x7e]*$/;

/**
 * Returns the head of a request, in latin1 (RFC 9112 §3).
 *
 * @returns undefined when a name or a value cannot be sent
 */
export function requestHead({ method, origin, path, headers, relayed }: UpstreamRequest): string | undefined {
  if (!TARGET.test(path)) {
    return undefined;
  }
  const host = origin.slice(origin.indexOf('//') + 2);
  let head = `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: keep-alive\r\n`;
  for (const name in headers) {
    const value = headers[name] ?? '';
    for (const line of Array.isArray(value) ? value : [value]) {
      const text = line instanceof Sensitive ? line.reveal() : line;
      if (!TOKEN.test(name) || !FIELD_VALUE.test(text)) {
        return undefined;
      }
      head += `${name}: ${text}\r\n`;
    }
  }
  return `${head}${relayed ? framingOf(relayed) : ''}\r\n`;
}

function framingOf({ contentLength }: RequestBody): string {
  return contentLength === undefined ? 'transfer-encoding: chunked\r\n' : `content-length: ${contentLength}\r\n`;
}
