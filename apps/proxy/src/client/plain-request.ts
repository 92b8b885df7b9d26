import { type IncomingHttpHeaders } from 'node:http';
import { eachField, FIELD_LINE, trimmed } from '@oci-connector/http';

/** The head of a request without content. */
export interface PlainRequestHead {
  readonly method: string;
  readonly url: string;
  /** Names in lower case. */
  readonly headers: IncomingHttpHeaders;
  /** Names and values alternately, as they were sent. */
  readonly rawHeaders: string[];
  /** Whether the client lets the connection be used for further requests. */
  readonly keepAlive: boolean;
  /** Length of the head with its empty line, in bytes. */
  readonly bytes: number;
}

/** A request line of HTTP/1.1 with a path (RFC 9112 §3), and header lines. */
const HEAD = new RegExp(String.raw`^(?:GET|HEAD) \/[\x21\x22\x24-\x7e]* HTTP\/1\.1\r\n(?:${FIELD_LINE})*$`);

/** Before trimming: the parser of Node.js does not understand a tab there. */
const CONNECTION = /^ *(?:keep-alive|close) *$/i;

const END_OF_HEAD = '\r\n\r\n';

/** Headers that only a complete parser handles. */
const SPECIAL: ReadonlySet<string> = new Set([
  'content-length',
  'transfer-encoding',
  'trailer',
  'expect',
  'upgrade',
  'proxy-connection',
  // A list in `headers` of `node:http`.
  'set-cookie',
]);

/**
 * Reads a request head that every reader understands in the same way: GET or HEAD of a path, complete, without content, and no header
 * twice.
 *
 * @param received the first bytes of a request
 * @returns undefined for any other request; a complete HTTP parser then has to decide
 */
export function readPlainRequest(received: Buffer): PlainRequestHead | undefined {
  const end = received.indexOf(END_OF_HEAD, 0, 'latin1');
  if (end < 0) {
    return undefined;
  }
  const text = received.toString('latin1', 0, end + 2);
  if (!HEAD.test(text)) {
    return undefined;
  }
  const headers: IncomingHttpHeaders = {};
  const rawHeaders: string[] = [];
  const lineEnd = text.indexOf('\r\n');
  const isPlain = eachField(text, lineEnd + 2, (sent, start, valueEnd) => {
    const name = sent.toLowerCase();
    if (SPECIAL.has(name) || headers[name] !== undefined || (name === 'connection' && !CONNECTION.test(text.slice(start, valueEnd)))) {
      return false;
    }
    const value = trimmed(text, start, valueEnd);
    headers[name] = value;
    rawHeaders.push(sent, value);
    return true;
  });
  if (!isPlain) {
    return undefined;
  }
  const keepAlive = headers.connection?.toLowerCase() !== 'close';
  const methodEnd = text.indexOf(' ');
  const url = text.slice(methodEnd + 1, lineEnd - ' HTTP/1.1'.length);
  return { method: text.slice(0, methodEnd), url, headers, rawHeaders, keepAlive, bytes: end + END_OF_HEAD.length };
}
