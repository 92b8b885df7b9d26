import { eachField, FIELD_LINE, trimmed } from '@oci-connector/http';
import { type ResponseHeaders } from './response-headers';

/** The head of a response whose body has a known length. */
export interface PlainHead {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ResponseHeaders;
  /** Length of the body, in bytes. */
  readonly length: number;
  /** How long the connection may wait for its next request, in milliseconds; 0: it must be closed. */
  readonly keepAliveMs: number;
  /** Length of the head with its empty line, in bytes. */
  readonly bytes: number;
}

/** A status line of HTTP/1.1 (RFC 9112 §4), and header lines. */
const HEAD = new RegExp(String.raw`^HTTP\/1\.1 [2-5]\d\d [\t\x20-\x7e\x80-\xff]*\r\n(?:${FIELD_LINE})*$`);

const END_OF_HEAD = '\r\n\r\n';

/** As for other responses (see `response-headers.ts`). Before trimming: the parser of Node.js refuses tabs around a length. */
const CONTENT_LENGTH = /^ *\d{1,15} *$/;

/** RFC 9110 §15.3.5, §15.4.5: no body, whatever Content-Length says. */
const BODILESS: ReadonlySet<number> = new Set([204, 304]);

/**
 * The longest time that an idle connection is kept, in milliseconds. Below the idle timeouts of usual servers (load balancers 60 s, nginx
 * 75 s), so that a request is rarely sent on a closing connection.
 */
const MAX_KEEP_ALIVE_MS = 15_000;

/** How much earlier than announced by the server its connection is given up, in milliseconds. */
const KEEP_ALIVE_MARGIN_MS = 1_000;

/**
 * Reads a response head that every reader understands in the same way: complete, with exactly one Content-Length, and without
 * Transfer-Encoding.
 *
 * @param received the first bytes of a response to GET
 * @returns undefined for any other response; a complete HTTP parser then has to decide
 */
export function readPlainHead(received: Buffer): PlainHead | undefined {
  const end = received.indexOf(END_OF_HEAD, 0, 'latin1');
  if (end < 0) {
    return undefined;
  }
  const text = received.toString('latin1', 0, end + 2);
  if (!HEAD.test(text)) {
    return undefined;
  }
  const headers = readFields(text);
  const length = headers?.['content-length'];
  const status = Number(text.slice(9, 12));
  if (!headers || typeof length !== 'string' || !isPlain(status, headers)) {
    return undefined;
  }
  return { status, headers, length: Number(length), keepAliveMs: keepAliveOf(headers), bytes: end + END_OF_HEAD.length };
}

/** @param text matches {@link HEAD} */
function readFields(text: string): Record<string, string | string[]> | undefined {
  const headers: Record<string, string | string[]> = {};
  const isRead = eachField(text, text.indexOf('\r\n') + 2, (sent, start, end) => {
    const name = sent.toLowerCase();
    if (name === 'content-length' && !CONTENT_LENGTH.test(text.slice(start, end))) {
      return false;
    }
    const value = trimmed(text, start, end);
    const before = headers[name];
    headers[name] = before === undefined ? value : Array.isArray(before) ? [...before, value] : [before, value];
    return true;
  });
  return isRead ? headers : undefined;
}

function isPlain(status: number, headers: ResponseHeaders): boolean {
  const { connection } = headers;
  return (
    !BODILESS.has(status) &&
    headers['transfer-encoding'] === undefined &&
    (connection === undefined || (typeof connection === 'string' && /^(?:keep-alive|close)$/i.test(connection)))
  );
}

function keepAliveOf({ connection, 'keep-alive': hint }: ResponseHeaders): number {
  if (connection !== undefined && connection.length === 'close'.length) {
    return 0;
  }
  const seconds = typeof hint === 'string' ? /\btimeout=(\d{1,9})/i.exec(hint)?.[1] : undefined;
  return seconds === undefined
    ? MAX_KEEP_ALIVE_MS
    : Math.max(0, Math.min(MAX_KEEP_ALIVE_MS, Number(seconds) * 1_000 - KEEP_ALIVE_MARGIN_MS));
}
