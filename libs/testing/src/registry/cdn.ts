import { createHmac, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { blobReply } from './blobs';
import { parseDigest } from './digest';
import { type Exchange } from './exchange';
import { parseOutsidePath } from './locations';
import { RegistryError } from './registry-error';
import { type RegistryContext } from './registry-context';
import { type Reply } from './reply';
import { continueUpload } from './upload-requests';

/** Signs and checks the second server's URLs, byte for byte, as object stores do. */
export class UrlSigner {
  readonly #key = randomBytes(32);

  /** The path with a query that looks like a pre-signed one, percent-escapes and all. */
  sign(path: string): string {
    const query = 'X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=fixture%2Fs3%2Faws4_request&X-Amz-Expires=1200';
    return `${path}?${query}&X-Amz-Signature=${this.#mac(`${path}?${query}`)}`;
  }

  isValid(path: string, query: string): boolean {
    return this.sign(path) === `${path}?${query}`;
  }

  #mac(text: string): string {
    return createHmac('sha256', this.#key).update(text).digest('hex');
  }
}

/**
 * The second server: what an object store or CDN is to a registry. A signed URL is the whole permission; with any Authorization the
 * request is refused, as S3 does ("Only one auth mechanism allowed").
 */
export async function handleCdn(context: RegistryContext, signer: UrlSigner, exchange: Exchange): Promise<Reply> {
  const { record } = exchange;
  if (exchange.header('authorization') !== undefined) return refusal(400, 'InvalidArgument', 'Only one auth mechanism allowed');
  const upload = parseOutsidePath(record.path);
  if (upload) return continueUpload(context, exchange, upload);
  if (!signer.isValid(record.path, record.query)) return refusal(403, 'SignatureDoesNotMatch', 'The URL was changed');
  return readObject(context, signer, exchange);
}

/** `/store/<redirects left>/<algorithm>/<hex>` */
function readObject(context: RegistryContext, signer: UrlSigner, exchange: Exchange): Reply {
  const [, , hops = '', algorithm = '', hex = ''] = exchange.record.path.split('/');
  if (Number(hops) > 0) {
    return { status: 307, headers: { location: context.cdn.origin() + signer.sign(`/store/${Number(hops) - 1}/${algorithm}/${hex}`) } };
  }
  const digest = parseDigest(`${algorithm}:${hex}`);
  if (!digest || !existsSync(context.content.blobPath(digest))) throw new RegistryError('BLOB_UNKNOWN', 'no such object');
  return blobReply(exchange, digest, context.content.blobPath(digest));
}

function refusal(status: number, code: string, message: string): Reply {
  const body = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  return { status, headers: { 'content-type': 'application/xml' }, body: Buffer.from(body) };
}
