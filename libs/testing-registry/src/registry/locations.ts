import { type Digest } from './digest';
import { type RegistryContext } from './registry-context';
import { type Reply } from './reply';
import { type Route } from './routes';
import { type Upload } from './uploads';

/** Location of the next request of an upload, as the quirk wants it. */
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

/** The upload that a path outside `/v2` means. */
export function parseOutsidePath(path: string): Extract<Route, { kind: 'upload' }> | undefined {
  const match = /^\/artifacts-uploads\/(.+)\/uploads\/([^/]+)$/.exec(path);
  return match ? { kind: 'upload', repository: match[1] ?? '', id: match[2] ?? '' } : undefined;
}

/** True when every parameter that was put into the Location came back with its value. */
export function hasUploadQuery(context: RegistryContext, upload: Upload, parameters: URLSearchParams): boolean {
  if (parameters.get('_state') !== upload.state) {
    return false;
  }
  const expected = new URLSearchParams(context.quirks.uploadQuery ?? '');
  return [...expected].every(([name, value]) => parameters.getAll(name).includes(value));
}

/** Location or Link target below `/v2/`, for content that is there. */
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

/** The redirect that a blob is answered with, if the quirk is on. */
export function blobRedirect(context: RegistryContext, digest: Digest): Reply | undefined {
  const redirect = context.quirks.blobRedirect;
  if (!redirect) {
    return undefined;
  }
  const hops = redirect.hops ?? 1;
  const own = (): string => context.cdn.origin() + context.cdn.sign(`/store/${hops - 1}/${digest.algorithm}/${digest.hex}`);
  return { status: redirect.status ?? 307, headers: { location: redirect.location?.(digest.text) ?? own() } };
}

/** What a registry behind a TLS-terminating load balancer believes its own address to be. */
function plainHttp(origin: string): string {
  return origin.replace(/^https:/, 'http:');
}
