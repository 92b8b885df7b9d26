import { type IncomingHttpHeaders } from 'node:http';

/** The headers that frame a message's content. Node's parser has checked their values. */
export type FramingHeaders = Pick<IncomingHttpHeaders, 'content-length' | 'transfer-encoding'>;

/** Whether a request has content, by its framing headers (RFC 9112 §6.3). */
export function hasContent(headers: FramingHeaders): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}

/** Returns the length of the content, in bytes; undefined if it is not known in advance. */
export function contentLength({ 'content-length': length }: FramingHeaders): number | undefined {
  return length === undefined ? undefined : Number(length);
}
