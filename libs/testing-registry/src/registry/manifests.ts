import { digestOf, looksLikeDigest, parseDigest } from './digest';
import { type Exchange } from './exchange';
import { contentLocation } from './locations';
import { describeManifest, type ManifestFacts, ManifestSyntaxError } from './manifest-facts';
import { RegistryError } from './registry-error';
import { type RegistryContext } from './registry-context';
import { type Reply } from './reply';

/** distribution-spec: registries SHOULD accept manifests of at least 4 MiB. */
const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;
/** distribution-spec, "Pulling manifests": the grammar of a tag. */
const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;

interface ManifestRoute {
  readonly repository: string;
  readonly reference: string;
}

/** Handles GET, HEAD, PUT and DELETE of `/v2/<name>/manifests/<reference>`. */
export async function handleManifest(context: RegistryContext, exchange: Exchange, route: ManifestRoute): Promise<Reply> {
  checkReference(route.reference);
  switch (exchange.method) {
    case 'GET':
    case 'HEAD':
      return getManifest(context, exchange, route);
    case 'PUT':
      return putManifest(context, exchange, route);
    case 'DELETE':
      return deleteManifest(context, route);
    default:
      throw new RegistryError('UNSUPPORTED', 'method not allowed');
  }
}

function getManifest(context: RegistryContext, exchange: Exchange, { repository, reference }: ManifestRoute): Reply {
  const manifest = context.content.find(repository)?.manifest(reference);
  if (!manifest) {
    throw new RegistryError('MANIFEST_UNKNOWN', `no manifest ${reference}`);
  }
  const etag = `"${manifest.digest}"`;
  const headers = { 'content-type': manifest.mediaType, 'docker-content-digest': manifest.digest, etag };
  if (exchange.header('if-none-match') === etag) {
    return { status: 304, headers };
  }
  return { status: 200, headers, body: manifest.content };
}

async function putManifest(context: RegistryContext, exchange: Exchange, { repository, reference }: ManifestRoute): Promise<Reply> {
  const content = await exchange.readBody(context.options.maxManifestBytes ?? MAX_MANIFEST_BYTES);
  const byDigest = looksLikeDigest(reference);
  const digest = digestOf(content, parseDigest(reference)?.algorithm);
  if (byDigest && digest !== reference) {
    throw new RegistryError('DIGEST_INVALID', 'the content has another digest');
  }
  const facts = readFacts(contentType(exchange), content);
  checkReferences(context, repository, facts);
  const tags = byDigest ? exchange.parameters.getAll('tag') : [reference];
  tags.forEach(checkReference);
  context.content.change(repository, (held) => {
    held.put(digest, facts.mediaType, content);
    for (const tag of tags) {
      held.tags.set(tag, digest);
    }
  });
  return {
    status: 201,
    headers: {
      location: contentLocation(context, `${repository}/manifests/${digest}`),
      'docker-content-digest': digest,
      ...(facts.subject === undefined ? {} : { 'oci-subject': facts.subject }),
      // Tags that are pushed together with a digest, as in the next version of distribution-spec.
      ...(byDigest && tags.length > 0 ? { 'oci-tag': tags.join(', ') } : {}),
    },
  };
}

/** Returns the Content-Type without parameters such as `charset`. */
function contentType(exchange: Exchange): string | undefined {
  const [type = ''] = (exchange.header('content-type') ?? '').split(';');
  return type.trim() || undefined;
}

function deleteManifest(context: RegistryContext, { repository, reference }: ManifestRoute): Reply {
  const deleted =
    context.content.find(repository) !== undefined &&
    context.content.change(repository, (held) =>
      looksLikeDigest(reference) ? held.deleteManifest(reference) : held.tags.delete(reference),
    );
  if (!deleted) {
    throw new RegistryError('MANIFEST_UNKNOWN', `no manifest ${reference}`);
  }
  return { status: 202 };
}

function readFacts(declared: string | undefined, content: Buffer): ManifestFacts & { readonly mediaType: string } {
  try {
    const facts = describeManifest(declared ?? 'application/json', content);
    const mediaType = declared ?? facts.statedMediaType ?? 'application/octet-stream';
    if ((facts.statedMediaType ?? mediaType) === mediaType) {
      return { ...facts, mediaType };
    }
  } catch (error) {
    if (!(error instanceof ManifestSyntaxError)) {
      throw error;
    }
    throw new RegistryError('MANIFEST_INVALID', error.message);
  }
  throw new RegistryError('MANIFEST_INVALID', 'Content-Type and mediaType differ');
}

/**
 * Refuses a manifest that names absent content. Only a subject may be pushed later (distribution-spec, "Pushing manifests with
 * subject").
 */
function checkReferences(context: RegistryContext, repository: string, facts: ManifestFacts): void {
  if (context.options.allowMissingReferences) {
    return;
  }
  const held = context.content.find(repository);
  const missing = [
    ...facts.blobs.filter((digest) => !held?.blobs.has(digest)),
    ...facts.children.filter((digest) => !held?.manifests.has(digest)),
  ];
  if (missing.length > 0) {
    throw new RegistryError('MANIFEST_BLOB_UNKNOWN', `not in this repository: ${missing.join(', ')}`);
  }
}

function checkReference(reference: string): void {
  if (looksLikeDigest(reference)) {
    if (!parseDigest(reference)) {
      throw new RegistryError('DIGEST_INVALID', `"${reference}" is not a digest`);
    }
  } else if (!TAG.test(reference)) {
    throw new RegistryError('TAG_INVALID', `"${reference}" is not a tag`);
  }
}
