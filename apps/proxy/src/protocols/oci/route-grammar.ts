import { isRepositoryName, REPOSITORY_NAME_MAX } from '@oci-connector/connector-api';
import { ProxyError } from '../../proxy.errors';
import { MAX_SEALED_LENGTH, SEALED_PREFIX } from '../../sealing/location-seal';

/*
 * The routes of the OCI distribution-spec (v1.1, "Endpoints"), matched against the raw path. Nothing is decoded and
 * nothing normalised, so there is one reading of every path that passes, ours and the registry's; and the request is
 * forwarded from the parsed route, never from the path (security rule C5 path confusion).
 */

/** A parsed path. `repository` is the client's name without the connector's prefix; a digest is spelt with `:`. */
export type OciRoute =
  | { readonly kind: 'manifest'; readonly repository: string; readonly reference: string }
  | { readonly kind: 'blob'; readonly repository: string; readonly digest: string }
  | { readonly kind: 'upload-start'; readonly repository: string }
  | { readonly kind: 'upload-session'; readonly repository: string; readonly session: string }
  | { readonly kind: 'tags'; readonly repository: string }
  | { readonly kind: 'referrers'; readonly repository: string; readonly digest: string };

/** <reference> as a tag: the distribution-spec, "Pulling manifests". */
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;

/** <digest> of the image-spec, "Digests"; the algorithm in use with the longest value is sha512, 135 characters in all. */
const DIGEST = /^[a-z0-9]+(?:[+._-][a-z0-9]+)*:[A-Za-z0-9=_-]+$/;
const DIGEST_MAX = 255;

/**
 * References of upload sessions are the registry's own; these characters mean the same to every parser and client.
 * Locations with others are sealed. Long enough for a sealed location.
 */
const SESSION = /^[A-Za-z0-9._~:@=+,-]+$/;

/** Characters of a path, once the one escape that is allowed is undone. */
const PATH = /^[A-Za-z0-9._~:@=+,/-]+$/;

/** Some clients escape the colon of a digest; it is the only escape, in upper case, and only there. */
const ESCAPED_DIGEST = /\/(?:manifests|blobs|referrers)\/[a-z0-9+._-]+%3A[A-Za-z0-9=_-]+$/;

/** What can stand where a manifest's reference stands, without being one. */
const NO_REFERENCE = /^[A-Za-z0-9._-]+$/;

/** Whether the text is a digest by the image-spec. */
export function isDigest(text: string): boolean {
  return text.length <= DIGEST_MAX && DIGEST.test(text);
}

/** Whether a registry's own session reference can stand in a path of ours as it is. */
export function isSession(text: string): boolean {
  return text.length <= MAX_SEALED_LENGTH && SESSION.test(text) && text !== '.' && text !== '..' && !text.startsWith(SEALED_PREFIX);
}

/**
 * @param path the raw path, `/v2/REPOSITORY/…`
 * @throws ProxyError PathInvalid outside the grammar, RouteUnknown for a route that is not served, ManifestUnknown
 */
export function parseOciPath(path: string): OciRoute {
  const plain = plainPath(path);
  if (!plain.startsWith(API_PREFIX)) {
    throw routeUnknown();
  }
  const tail = plain.slice(API_PREFIX.length);
  if (tail === '_catalog') {
    throw new ProxyError('RouteUnknown', 'the catalog is not served: it lists repositories of the whole registry');
  }
  const route = matchTail(tail);
  if (route === undefined) {
    throw routeUnknown();
  }
  checkRepository(route.repository);
  return route;
}

const API_PREFIX = '/v2/';

/** The trailing slash of this route belongs to it; everywhere else an empty segment is an error. */
const UPLOAD_START = '/blobs/uploads/';

/** A segment that is empty, or that some parser would resolve. */
const EMPTY_OR_DOTS = /\/\.{0,2}(?:\/|$)/;

/** The path without the escape and the trailing slash that are allowed. @throws ProxyError PathInvalid */
function plainPath(path: string): string {
  const unescaped = path.includes('%') && ESCAPED_DIGEST.test(path) ? path.replace('%3A', ':') : path;
  const plain = unescaped.endsWith(UPLOAD_START) ? unescaped.slice(0, -1) : unescaped;
  if (!plain.startsWith('/') || !PATH.test(plain) || EMPTY_OR_DOTS.test(plain)) {
    throw new ProxyError(
      'PathInvalid',
      'the path may hold only letters, digits and the characters - . _ ~ : @ = + , between single slashes, and no . or .. segment',
    );
  }
  return plain;
}

/** Matched from the end, because a repository's components may be called `blobs` or `manifests` too. */
function matchTail(tail: string): OciRoute | undefined {
  const [beforeLast, last] = cutLast(tail);
  const [repository, kind] = cutLast(beforeLast);
  if (kind === 'uploads') {
    const [uploadedTo, blobs] = cutLast(repository);
    if (blobs === 'blobs') {
      return { kind: 'upload-session', repository: uploadedTo, session: last };
    }
  }
  switch (kind) {
    case 'manifests':
      return { kind: 'manifest', repository, reference: reference(last) };
    case 'referrers':
      return { kind: 'referrers', repository, digest: digest(last) };
    case 'blobs':
      return last === 'uploads' ? { kind: 'upload-start', repository } : { kind: 'blob', repository, digest: digest(last) };
    case 'tags':
      return last === 'list' ? { kind: 'tags', repository } : undefined;
    default:
      return undefined;
  }
}

/** The last segment, and what stands before it. */
function cutLast(path: string): [before: string, last: string] {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? ['', path] : [path.slice(0, slash), path.slice(slash + 1)];
}

function reference(text: string): string {
  if (TAG.test(text) || isDigest(text)) {
    return text;
  }
  // Nothing can be stored under such a name. The distribution-spec's conformance tests ask for one and expect 404.
  if (NO_REFERENCE.test(text)) {
    throw new ProxyError('ManifestUnknown', 'no manifest can have this reference: it is no tag and no digest');
  }
  throw new ProxyError('PathInvalid', 'the reference is no tag and no digest');
}

function digest(text: string): string {
  if (isDigest(text)) {
    return text;
  }
  throw new ProxyError('PathInvalid', 'the digest is not of the form ALGORITHM:VALUE');
}

function checkRepository(repository: string): void {
  // A component pair blobs/uploads could be read as an upload by one parser and as part of the name by another.
  if (isRepositoryName(repository) && !`/${repository}/`.includes('/blobs/uploads/')) {
    return;
  }
  throw new ProxyError(
    'PathInvalid',
    `the repository name is not valid: use at most ${REPOSITORY_NAME_MAX} characters, in components of lower-case letters and digits, separated inside by . _ __ or -`,
  );
}

function routeUnknown(): ProxyError {
  return new ProxyError('RouteUnknown', 'this route is not part of the OCI distribution-spec that is served here');
}
