import { RegistryError } from './registry-error';

/** The endpoint of a path, following distribution-spec's "Endpoints". */
export type Route =
  | { readonly kind: 'ping' }
  | { readonly kind: 'manifest'; readonly repository: string; readonly reference: string }
  | { readonly kind: 'blob'; readonly repository: string; readonly reference: string }
  | { readonly kind: 'upload-start'; readonly repository: string }
  | { readonly kind: 'upload'; readonly repository: string; readonly id: string }
  | { readonly kind: 'tags'; readonly repository: string }
  | { readonly kind: 'referrers'; readonly repository: string; readonly reference: string };

/**
 * distribution-spec, "Pulling manifests": the grammar of `<name>`. It is not shared with the product, so that tests find
 * mistakes there.
 */
const NAME = /^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$/;
/** distribution/reference allows 255 characters for the path of a name. */
const NAME_MAX = 255;

const ENDPOINTS: readonly (readonly [RegExp, (repository: string, rest: string) => Route])[] = [
  [/^(.+)\/manifests\/([^/]+)$/, (repository, reference) => ({ kind: 'manifest', repository, reference })],
  [/^(.+)\/blobs\/uploads\/?$/, (repository) => ({ kind: 'upload-start', repository })],
  [/^(.+)\/blobs\/uploads\/([^/]+)$/, (repository, id) => ({ kind: 'upload', repository, id })],
  [/^(.+)\/blobs\/([^/]+)$/, (repository, reference) => ({ kind: 'blob', repository, reference })],
  [/^(.+)\/tags\/list$/, (repository) => ({ kind: 'tags', repository })],
  [/^(.+)\/referrers\/([^/]+)$/, (repository, reference) => ({ kind: 'referrers', repository, reference })],
];

/**
 * Parses a raw path that begins with `/v2`.
 *
 * @throws RegistryError NAME_INVALID, or UNSUPPORTED (404) when the path is not an endpoint
 */
export function parseRoute(path: string): Route {
  if (path === '/v2/' || path === '/v2') {
    return { kind: 'ping' };
  }
  const rest = path.startsWith('/v2/') ? path.slice('/v2/'.length) : '';
  for (const [pattern, route] of ENDPOINTS) {
    const match = pattern.exec(rest);
    if (match) {
      return route(checkName(match[1] ?? ''), decode(match[2] ?? ''));
    }
  }
  throw new RegistryError('UNSUPPORTED', 'no such endpoint', { status: 404 });
}

function checkName(name: string): string {
  if (name.length > NAME_MAX || !NAME.test(name)) {
    throw new RegistryError('NAME_INVALID', `"${name}" is not a repository name`);
  }
  return name;
}

/** Decodes a reference, because some clients write `%3A` in a digest. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new RegistryError('NAME_INVALID', 'malformed percent-encoding');
  }
}
