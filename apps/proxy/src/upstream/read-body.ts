import { ProxyError } from '../proxy.errors';
import { type Body } from '../transfer/body';

/** A body that nobody wants is read up to this size to save the connection; reading more costs more than a new one. In bytes. */
const MAX_DISCARDED = 64 * 1024;

/** How long the rest of an answer may take that nobody wants, so that its connection can be used again. In milliseconds. */
const MAX_DISCARD_MS = 1_000;

/**
 * Reads the whole body.
 *
 * @throws ProxyError UpstreamTooLarge beyond the limit; an error when the body breaks off or takes longer than `withinMs`
 */
export function readBody(body: Body, maxBytes: number, withinMs?: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const abort = (): void => body.cancel(new Error('the answer did not come in time'));
    const late = withinMs === undefined ? undefined : setTimeout(abort, withinMs).unref();
    const settle = (error?: Error): void => {
      clearTimeout(late);
      if (size > maxBytes) {
        reject(tooLarge(maxBytes));
      } else if (error) {
        reject(error);
      } else {
        resolve(Buffer.concat(chunks));
      }
    };
    body.consume({
      chunk: (piece) => {
        size += piece.length;
        if (size > maxBytes) {
          body.cancel(tooLarge(maxBytes));
        } else {
          chunks.push(piece);
        }
        return true;
      },
      end: settle,
      fail: settle,
    });
  });
}

/** Frees the connection of a body that nobody wants: a short body is read, so that the connection can be used again; a longer one is cut off. */
export function discardBody(body: Body): void {
  let size = 0;
  const cut = (): void => body.cancel(new Error('the rest of the answer is not wanted'));
  // An upstream that goes on and on must not hold a connection that nobody counts any more.
  const late = setTimeout(cut, MAX_DISCARD_MS).unref();
  const settle = (): void => clearTimeout(late);
  body.consume({
    chunk: (piece) => {
      size += piece.length;
      if (size > MAX_DISCARDED) {
        cut();
      }
      return true;
    },
    end: settle,
    fail: settle,
  });
}

/** An answer that has to be read whole is longer than what is read of it. */
function tooLarge(maxBytes: number): ProxyError {
  return new ProxyError('UpstreamTooLarge', `the answer of the registry or service exceeds the limit of ${maxBytes} bytes`);
}
