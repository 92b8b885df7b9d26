import { createHmac, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { blobReply } from './blobs';
import { parseDigest } from './digest';
import { type Exchange } from './exchange';
import { listPath } from './list-redirects';
import { parseOutsidePath } from './locations';
import { listReferrers } from './referrers';
import { RegistryError } from './registry-error';
import { type RegistryContext } from './registry-context';
import { type Reply } from './reply';
import { parseRoute, type Route } from './routes';
import { listTags } from './tags';
import { continueUpload } from './upload-requests';

const SIGNED_QUERY = 'X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=fixture%2Fs3%2Faws4_request&X-Amz-Expires=1200';

/** Signs and checks the URLs of the second server byte for byte, as object stores do. */
export class UrlSigner {
  readonly #key = randomBytes(32);

  /** Adds a signature to the path and query, in the form of a pre-signed URL with percent-escapes. */
  sign(path: string, query = ''): string {
    const signed = `${path}?${query === '' ? '' : `${query}&`}${SIGNED_QUERY}`;
    return `${signed}&X-Amz-Signature=${this.#mac(signed)}`;
  }

  isValid(path: string, query: string): boolean {
    const own = query.slice(0, Math.max(query.indexOf(SIGNED_QUERY) - 1, 0));
    return this.sign(path, own) === `${path}?${query}`;
  }

  #mac(text: string): string {
    return createHmac('sha256', this.#key).update(text).digest('hex');
  }
}

/**
 * Handles a request to the second server, which is like the object store or CDN of a registry. A signed URL is the only permission
 * that a request needs. Like S3, the server refuses a request with any Authorization ("Only one auth mechanism allowed").
 */
export async function handleCdn(context: RegistryContext, signer: UrlSigner, exchange: Exchange): Promise<Reply> {
  const { record } = exchange;
  if (exchange.header('authorization') !== undefined) {
    return refusal(400, 'InvalidArgument', 'Only one auth mechanism allowed');
  }
  const upload = parseOutsidePath(record.path);
  if (upload) {
    return continueUpload(context, exchange, upload);
  }
  if (!signer.isValid(record.path, record.query)) {
    return refusal(403, 'SignatureDoesNotMatch', 'The URL was changed');
  }
  const list = listPath(record.path);
  return list === undefined ? readObject(context, exchange) : readList(context, exchange, parseRoute(list));
}

function readList(context: RegistryContext, exchange: Exchange, route: Route): Reply {
  if (route.kind === 'tags') {
    return listTags(context, exchange, route.repository);
  }
  if (route.kind === 'referrers') {
    return listReferrers(context, exchange, route);
  }
  throw new RegistryError('UNSUPPORTED', 'only lists are stored here', { status: 404 });
}

/** Answers `/store/<remaining redirects>/<algorithm>/<hex>`. */
function readObject(context: RegistryContext, exchange: Exchange): Reply {
  const [, , hops = '', algorithm = '', hex = ''] = exchange.record.path.split('/');
  if (Number(hops) > 0) {
    return {
      status: 307,
      headers: { location: context.cdn.origin() + context.cdn.sign(`/store/${Number(hops) - 1}/${algorithm}/${hex}`) },
    };
  }
  const digest = parseDigest(`${algorithm}:${hex}`);
  if (!digest || !existsSync(context.content.blobPath(digest))) {
    throw new RegistryError('BLOB_UNKNOWN', 'no such object');
  }
  return blobReply(exchange, digest, context.content.blobPath(digest));
}

function refusal(status: number, code: string, message: string): Reply {
  const body = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  return { status, headers: { 'content-type': 'application/xml' }, body: Buffer.from(body) };
}
