import { type Admission } from './auth-gate';
import { type Digest, parseDigest } from './digest';
import { type Exchange } from './exchange';
import { contentLocation, hasUploadQuery, uploadLocation } from './locations';
import { parseContentRange } from './range';
import { RegistryError } from './registry-error';
import { type RegistryContext } from './registry-context';
import { type Reply } from './reply';
import { type Upload } from './uploads';

/** Handles POST `/v2/<name>/blobs/uploads/`: begins an upload, receives it in one request (`?digest`), or mounts a blob (`?mount`). */
export async function startUpload(context: RegistryContext, exchange: Exchange, repository: string, may: Admission): Promise<Reply> {
  if (exchange.method !== 'POST') {
    throw new RegistryError('UNSUPPORTED', 'method not allowed');
  }
  const mounted = mount(context, exchange, repository, may);
  if (mounted) {
    return mounted;
  }
  const wanted = exchange.parameters.get('digest');
  const digest = wanted === null ? undefined : requireDigest(wanted);
  const upload = context.uploads.begin(repository);
  if (!digest) {
    return accepted(context, upload, 202);
  }
  return upload.exclusively(async () => {
    await upload.append(exchange);
    return commit(context, upload, digest);
  });
}

/** Handles PATCH, PUT, GET and DELETE of an upload's location. */
export async function continueUpload(
  context: RegistryContext,
  exchange: Exchange,
  route: { readonly repository: string; readonly id: string },
): Promise<Reply> {
  const upload = context.uploads.find(route.repository, route.id);
  if (!upload) {
    throw new RegistryError('BLOB_UPLOAD_UNKNOWN', 'no such upload');
  }
  if (!hasUploadQuery(context, upload, exchange.parameters)) {
    throw new RegistryError('BLOB_UPLOAD_INVALID', 'a query parameter of the upload location is missing or was changed');
  }
  switch (exchange.method) {
    case 'PATCH':
      return upload.exclusively(() => patch(context, exchange, upload));
    case 'PUT':
      return upload.exclusively(() => put(context, exchange, upload));
    case 'GET':
      return { status: 204, headers: uploadHeaders(context, upload) };
    case 'DELETE':
      context.uploads.end(upload);
      return { status: 204 };
    default:
      throw new RegistryError('UNSUPPORTED', 'method not allowed');
  }
}

/** Mounts a blob (distribution-spec, "Mounting a blob from another repository"). Undefined if that is not possible: an upload begins. */
function mount(context: RegistryContext, exchange: Exchange, repository: string, may: Admission): Reply | undefined {
  const wanted = exchange.parameters.get('mount');
  if (wanted === null) {
    return undefined;
  }
  const from = exchange.parameters.get('from');
  const digest = requireDigest(wanted);
  const sources = context.content.holders(digest.text).filter((name) => (from === null || name === from) && may(name, 'pull'));
  if (sources.length === 0) {
    return undefined;
  }
  context.content.linkBlob(repository, digest);
  return created(context, repository, digest);
}

async function patch(context: RegistryContext, exchange: Exchange, upload: Upload): Promise<Reply> {
  checkChunk(context, exchange, upload, 'patch');
  await upload.append(exchange);
  return accepted(context, upload, context.quirks.patchStatus ?? 202);
}

async function put(context: RegistryContext, exchange: Exchange, upload: Upload): Promise<Reply> {
  const digest = requireDigest(exchange.parameters.get('digest') ?? '');
  checkChunk(context, exchange, upload, 'put');
  await upload.append(exchange);
  return commit(context, upload, digest);
}

/** Checks a chunk with Content-Range: it must begin where the last one ended, and have the declared length. */
function checkChunk(context: RegistryContext, exchange: Exchange, upload: Upload, method: 'patch' | 'put'): void {
  const header = exchange.header('content-range');
  if (header === undefined) {
    return;
  }
  const length = chunkLength(header, upload.receivedBytes);
  const minimum = context.options.chunkMinLength ?? 0;
  const tooShortBefore = method === 'patch' && (upload.lastChunkBytes ?? minimum) < minimum;
  if (length === undefined || tooShortBefore) {
    throw new RegistryError('RANGE_INVALID', `the next chunk begins at ${upload.receivedBytes}`, {
      headers: uploadHeaders(context, upload),
    });
  }
  const declared = exchange.header('content-length');
  if (declared !== undefined && Number(declared) !== length) {
    throw new RegistryError('SIZE_INVALID', 'Content-Length and Content-Range differ');
  }
  upload.lastChunkBytes = length;
}

/** Returns the length of the chunk; undefined if it does not begin where the upload ends. */
function chunkLength(contentRange: string, offset: number): number | undefined {
  const range = parseContentRange(contentRange);
  return range?.first === offset && range.last >= range.first ? range.last - range.first + 1 : undefined;
}

async function commit(context: RegistryContext, upload: Upload, digest: Digest): Promise<Reply> {
  const valid = await upload.hasDigest(digest);
  if (valid) {
    context.content.addBlob(upload.repository, digest, upload.path);
  }
  context.uploads.end(upload);
  if (!valid) {
    throw new RegistryError('DIGEST_INVALID', 'the content has another digest');
  }
  return created(context, upload.repository, digest);
}

function created(context: RegistryContext, repository: string, digest: Digest): Reply {
  const location = contentLocation(context, `${repository}/blobs/${digest.text}`);
  return { status: 201, headers: { location, 'docker-content-digest': digest.text } };
}

function accepted(context: RegistryContext, upload: Upload, status: number): Reply {
  return { status, headers: uploadHeaders(context, upload) };
}

function uploadHeaders(context: RegistryContext, upload: Upload): Record<string, string> & { range: string } {
  const minimum = context.options.chunkMinLength;
  return {
    location: uploadLocation(context, upload),
    'docker-upload-uuid': upload.id,
    // An empty upload has no last byte; distribution sends 0-0 nevertheless.
    range: `0-${Math.max(0, upload.receivedBytes - 1)}`,
    ...(minimum === undefined ? {} : { 'oci-chunk-min-length': String(minimum) }),
  };
}

function requireDigest(text: string): Digest {
  const digest = parseDigest(text);
  if (!digest) {
    throw new RegistryError('DIGEST_INVALID', `"${text}" is not a digest`);
  }
  return digest;
}
