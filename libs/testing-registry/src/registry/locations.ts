import { type Digest } from './digest';
import { type RegistryContext } from './registry-context';
import { type Reply } from './reply';
import { type Route } from './routes';
import { type Upload } from './uploads';

/** Returns the Location of the next request of an upload, in the form of the quirk. */
export function uploadLocation(context: RegistryContext, upload: Upload): string {
  const { quirks, basePath } = context;
  const extra = quirks.uploadQuery === undefined ? '' : `&${quirks.uploadQuery}`;
  const query = `_state=${upload.state}${extra}`;
  const relative = `${basePath}/v2/${upload.repository}/blobs/uploads/${upload.id}?${query}`;
  const outside = `/artifacts-uploads/${upload.repository}/uploads/${upload.id}?${query}`;
  const form = quirks.uploadLocation ?? 'relative';
  if (typeof form === 'function') {
    return form(relative);
  }
  switch (form) {
    case 'relative':
      return relative;
    case 'absolute':
      return context.origin() + relative;
    case 'absolute-http':
      return plainHttp(context.origin()) + relative;
    case 'outside-v2':
      return outside;
    case 'other-host':
      return context.cdn.origin() + outside;
  }
}

/** Returns the upload that a path outside `/v2` names. */
export function parseOutsidePath(path: string): Extract<Route, { kind: 'upload' }> | undefined {
  const match = /^\/artifacts-uploads\/(.+)\/uploads\/([^/]+)$/.exec(path);
  return match ? { kind: 'upload', repository: match[1] ?? '', id: match[2] ?? '' } : undefined;
}

/** Reports whether the request has every parameter of the Location, with the same value. */
export function hasUploadQuery(context: RegistryContext, upload: Upload, parameters: URLSearchParams): boolean {
  if (parameters.get('_state') !== upload.state) {
    return false;
  }
  const expected = new URLSearchParams(context.quirks.uploadQuery ?? '');
  return [...expected].every(([name, value]) => parameters.getAll(name).includes(value));
}

/** Returns the Location or Link target below `/v2/` of existing content. */
export function contentLocation(context: RegistryContext, path: string): string {
  const relative = `${context.basePath}/v2/${path}`;
  switch (context.quirks.contentLocation ?? 'relative') {
    case 'relative':
      return relative;
    case 'absolute':
      return context.origin() + relative;
    case 'absolute-http':
      return plainHttp(context.origin()) + relative;
  }
}

/** Returns the redirect for a blob, if the quirk is enabled. */
export function blobRedirect(context: RegistryContext, digest: Digest): Reply | undefined {
  const redirect = context.quirks.blobRedirect;
  if (!redirect) {
    return undefined;
  }
  const hops = redirect.hops ?? 1;
  const own = (): string => context.cdn.origin() + context.cdn.sign(`/store/${hops - 1}/${digest.algorithm}/${digest.hex}`);
  return { status: redirect.status ?? 307, headers: { location: redirect.location?.(digest.text) ?? own() } };
}

/** Returns the origin as a registry behind a TLS-terminating load balancer sees it. */
function plainHttp(origin: string): string {
  return origin.replace(/^https:/, 'http:');
}
