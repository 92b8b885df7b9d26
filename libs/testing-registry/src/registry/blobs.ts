import { createReadStream, statSync } from 'node:fs';
import { type Digest, parseDigest } from './digest';
import { type Exchange } from './exchange';
import { blobRedirect } from './locations';
import { parseByteRange } from './range';
import { RegistryError } from './registry-error';
import { type RegistryContext } from './registry-context';
import { type Reply } from './reply';

/** Bytes per read from disk. Node's default of 64 KiB needs twice the CPU time. */
const READ_BYTES = 256 * 1024;

/** Handles GET, HEAD and DELETE of `/v2/<name>/blobs/<digest>`. */
export function handleBlob(
  context: RegistryContext,
  exchange: Exchange,
  route: { readonly repository: string; readonly reference: string },
): Reply {
  const digest = parseDigest(route.reference);
  if (!digest) {
    throw new RegistryError('DIGEST_INVALID', `"${route.reference}" is not a digest`);
  }
  switch (exchange.method) {
    case 'GET':
    case 'HEAD':
      if (context.content.blobSize(route.repository, digest) === undefined) {
        throw unknownBlob(digest);
      }
      return blobRedirect(context, digest) ?? blobReply(exchange, digest, context.content.blobPath(digest));
    case 'DELETE':
      if (!context.content.removeBlob(route.repository, digest)) {
        throw unknownBlob(digest);
      }
      return { status: 202 };
    default:
      throw new RegistryError('UNSUPPORTED', 'method not allowed');
  }
}

/** Returns the content, or the requested range of it. */
export function blobReply(exchange: Exchange, digest: Digest, path: string): Reply {
  const { size } = statSync(path);
  const etag = `"${digest.text}"`;
  const headers = {
    'accept-ranges': 'bytes',
    'content-type': 'application/octet-stream',
    'docker-content-digest': digest.text,
    etag,
  };
  const ifRange = exchange.header('if-range');
  const range = ifRange === undefined || ifRange === etag ? parseByteRange(exchange.header('range'), size) : undefined;
  if (range === 'unsatisfiable') {
    throw new RegistryError('RANGE_INVALID', 'the blob is shorter', { headers: { 'content-range': `bytes */${size}` } });
  }
  if (!range) {
    return { status: 200, headers: { ...headers, 'content-length': String(size) }, body: open(exchange, path) };
  }
  return {
    status: 206,
    headers: {
      ...headers,
      'content-length': String(range.last - range.first + 1),
      'content-range': `bytes ${range.first}-${range.last}/${size}`,
    },
    body: open(exchange, path, { start: range.first, end: range.last }),
  };
}

function open(exchange: Exchange, path: string, part: { readonly start?: number; readonly end?: number } = {}): Reply['body'] {
  if (exchange.method === 'HEAD') {
    return undefined;
  }
  return createReadStream(path, { ...part, highWaterMark: READ_BYTES });
}

function unknownBlob(digest: Digest): RegistryError {
  return new RegistryError('BLOB_UNKNOWN', `no blob ${digest.text}`);
}
