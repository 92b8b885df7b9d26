import { ProxyError } from '../proxy.errors';
import { type Body } from '../transfer/body';

/** A discarded body is read up to this size, so that its connection can be used again. Reading more costs more than a new one. In bytes. */
const MAX_DISCARDED = 64 * 1024;

/** How long reading a discarded body may take. In milliseconds. */
const MAX_DISCARD_MS = 1_000;

/**
 * Reads the whole body.
 *
 * @param withinMs time limit in milliseconds; absent: none
 * @throws ProxyError UpstreamTooLarge when the body exceeds `maxBytes`
 * @throws Error when the body ends early, or is not complete within `withinMs`
 */
export function readBody(body: Body, maxBytes: number, withinMs?: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const abort = (): void => body.cancel(new Error('the response body was not complete in time'));
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

/** Discards a body: reads a short one to its end, so that its connection can be used again, and cancels a longer one. */
export function discardBody(body: Body): void {
  let size = 0;
  const cut = (): void => body.cancel(new Error('the rest of the response is discarded'));
  // An upstream that never ends its body must not keep a connection that no transfer counts any more.
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

function tooLarge(maxBytes: number): ProxyError {
  return new ProxyError('UpstreamTooLarge', `the response of the registry or service exceeds the limit of ${maxBytes} bytes`);
}
