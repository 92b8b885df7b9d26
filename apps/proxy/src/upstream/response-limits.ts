import { ProxyError } from '../proxy.errors';

/** A body that nobody wants is read up to this size to save the connection; reading more costs more than a new one. In bytes. */
export const MAX_DISCARDED = 64 * 1024;

/** How long the rest of an answer may take that nobody wants, so that its connection can be used again. In milliseconds. */
export const MAX_DISCARD_MS = 1_000;

/** An answer that has to be read whole is longer than what is read of it. */
export function tooLarge(maxBytes: number): ProxyError {
  return new ProxyError('UpstreamTooLarge', `the answer of the registry or service exceeds the limit of ${maxBytes} bytes`);
}
