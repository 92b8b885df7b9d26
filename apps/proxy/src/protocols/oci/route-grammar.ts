import { isRepositoryName, REPOSITORY_NAME_MAX } from '@oci-connector/connector-api';
import { ProxyError } from '../../proxy.errors';
import { MAX_SEALED_LENGTH, SEALED_PREFIX } from '../../sealing/location-seal';

/*
 * The routes of the OCI distribution-spec (v1.1, "Endpoints"), matched against the raw path. The proxy neither decodes nor normalises the
 * path, so the proxy and the registry read every accepted path in the same way. The proxy builds the upstream path from the parsed route,
 * never from the client's path (security rule C5 path confusion).
 */

/** A parsed path. `repository` is the client's name without the Connector's prefix; a digest contains a plain `:`. */
export type OciRoute =
  | { readonly kind: 'manifest'; readonly repository: string; readonly reference: string }
  | { readonly kind: 'blob'; readonly repository: string; readonly digest: string }
  | { readonly kind: 'upload-start'; readonly repository: string }
  | { readonly kind: 'upload-session'; readonly repository: string; readonly session: string }
  | { readonly kind: 'tags'; readonly repository: string }
  | { readonly kind: 'referrers'; readonly repository: string; readonly digest: string };

/** <reference> as a tag: the distribution-spec, "Pulling manifests". */
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;

/** <digest> of the image-spec, "Digests". The longest digests in use are those of sha512, with 135 characters. */
const DIGEST = /^[a-z0-9]+(?:[+._-][a-z0-9]+)*:[A-Za-z0-9=_-]+$/;
const DIGEST_MAX = 255;

/**
 * References of upload sessions, which the registry chooses. These characters mean the same to every parser and client. Locations with
 * other characters are sealed.
 */
const SESSION = /^[A-Za-z0-9._~:@=+,-]+$/;

/** Characters of a path, after the one allowed escape has been decoded. */
const PATH = /^[A-Za-z0-9._~:@=+,/-]+$/;

/** Some clients escape the colon of a digest. This is the only allowed escape, only there and only in upper case. */
const ESCAPED_DIGEST = /\/(?:manifests|blobs|referrers)\/[a-z0-9+._-]+%3A[A-Za-z0-9=_-]+$/;

/** Text in the place of a manifest's reference that is a plain name, but may be too long or begin with a wrong character. */
const NO_REFERENCE = /^[A-Za-z0-9._-]+$/;

/** Whether the text is a digest by the image-spec. */
export function isDigest(text: string): boolean {
  return text.length <= DIGEST_MAX && DIGEST.test(text);
}

/** Whether a path of the proxy can contain a registry's own session reference unchanged. Its limit is that of a sealed location. */
export function isSession(text: string): boolean {
  return text.length <= MAX_SEALED_LENGTH && SESSION.test(text) && text !== '.' && text !== '..' && !text.startsWith(SEALED_PREFIX);
}

/**
 * @param path the raw path, `/v2/REPOSITORY/…`
 * @throws ProxyError RouteUnknown when the route is not served, as every path outside of `/v2/`; PathInvalid when the path does not match
 *   the grammar; ManifestUnknown when the reference is neither a tag nor a digest
 */
export function parseOciPath(path: string): OciRoute {
  // A registry's host may serve more than the registry: such paths are no errors of the client, whatever they contain.
  if (!path.startsWith(API_PREFIX)) {
    throw routeUnknown();
  }
  const tail = plainPath(path).slice(API_PREFIX.length);
  if (tail === '_catalog') {
    throw new ProxyError(
      'RouteUnknown',
      'the catalog is not served: it lists repositories of the whole registry; list the tags of one repository',
    );
  }
  const route = matchTail(tail);
  if (route === undefined) {
    throw routeUnknown();
  }
  checkRepository(route.repository);
  return route;
}

const API_PREFIX = '/v2/';

/** This route has a trailing slash. In all other places an empty segment is an error. */
const UPLOAD_START = '/blobs/uploads/';

/** A segment that is empty, or that some parsers resolve. */
const EMPTY_OR_DOTS = /\/\.{0,2}(?:\/|$)/;

/**
 * Returns the path without the allowed escape and trailing slash.
 *
 * @throws ProxyError PathInvalid when the path contains anything else that is not allowed
 */
function plainPath(path: string): string {
  const unescaped = path.includes('%') && ESCAPED_DIGEST.test(path) ? path.replace('%3A', ':') : path;
  const plain = unescaped.endsWith(UPLOAD_START) ? unescaped.slice(0, -1) : unescaped;
  if (!PATH.test(plain) || EMPTY_OR_DOTS.test(plain)) {
    throw new ProxyError(
      'PathInvalid',
      'the path may contain only letters, digits and the characters - . _ ~ : @ = + , between single slashes, and no . or .. segment',
    );
  }
  return plain;
}

/** Matches from the end, because a repository's components may also have the names `blobs` or `manifests`. */
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

/** Splits off the last segment. */
function cutLast(path: string): [before: string, last: string] {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? ['', path] : [path.slice(0, slash), path.slice(slash + 1)];
}

function reference(text: string): string {
  if (TAG.test(text) || isDigest(text)) {
    return text;
  }
  // No manifest can be stored under such a name. The conformance tests of the distribution-spec request one and expect 404.
  if (NO_REFERENCE.test(text)) {
    throw new ProxyError('ManifestUnknown', 'no manifest can have this reference: it is neither a tag nor a digest');
  }
  throw new ProxyError('PathInvalid', 'the reference is neither a tag nor a digest');
}

function digest(text: string): string {
  if (isDigest(text)) {
    return text;
  }
  throw new ProxyError('PathInvalid', 'the digest is not of the form ALGORITHM:VALUE');
}

function checkRepository(repository: string): void {
  // One parser could read the components blobs/uploads as an upload, another as part of the name.
  if (isRepositoryName(repository) && !`/${repository}/`.includes('/blobs/uploads/')) {
    return;
  }
  throw new ProxyError(
    'PathInvalid',
    `the repository name is not valid: use at most ${REPOSITORY_NAME_MAX} characters, in components of lower-case letters and digits, separated inside by . _ __ or -`,
  );
}

function routeUnknown(): ProxyError {
  return new ProxyError('RouteUnknown', 'the proxy does not serve this route; use the routes of the OCI distribution-spec');
}
