import { ProxyError } from '../../proxy.errors';
import { nextReference } from '../link-header';
import { type RewrittenResponse } from '../protocol';
import { type ResponseHeaders } from '../../upstream/response-headers';
import { type UpstreamPlace } from '../../upstream/upstream-place';
import { type UpstreamTarget } from '../../upstream/upstream-target';
import { type CrossMount } from './cross-mount';
import { mapNextPage } from './list-location';
import { type OciRequest } from './oci-request';
import { isUpload, tailOf } from './oci-routes';
import { queryValues } from './raw-query';
import { isDigest } from './route-grammar';
import { tagListRewrite } from './tag-list';
import { mapUploadLocation, type MappedLocation } from './upload-location';

/** A request that was sent upstream. */
export interface AskedUpstream extends OciRequest {
  readonly mount?: CrossMount;
  readonly seal: (place: UpstreamPlace) => string;
}

interface OciResponse {
  /** The place that sent the response, after redirects. */
  readonly answered: UpstreamTarget;
  readonly status: number;
  readonly headers: ResponseHeaders;
}

/**
 * Headers that contain places at the registry. They are removed; those that a client needs are set again, with paths of the proxy.
 * `Docker-Upload-UUID`, `Range`, `OCI-Subject`, `OCI-Filters-Applied`, `OCI-Chunk-Min-Length`, `Warning` and all other headers stay
 * unchanged. The proxy adds no missing `Range`, because only the registry knows how much of an upload it has stored.
 */
const NO_PLACES = { location: undefined, link: undefined, 'content-location': undefined };
const PLACES = Object.keys(NO_PLACES);

/** @throws ProxyError RedirectRefused when the client may not go to a place in a header, UpstreamInvalid when a header cannot be read */
export function rewriteOciResponse(response: OciResponse, asked: AskedUpstream): RewrittenResponse {
  refuseRedirectedWrite(response.status, asked);
  const headers = withoutPlaces(response.headers);
  switch (asked.route.kind) {
    case 'tags':
    case 'referrers':
      return rewriteList(response, headers, asked);
    case 'upload-start':
    case 'upload-session':
      return rewriteUpload(response, headers, asked);
    case 'manifest':
      return rewriteManifest(response, headers, asked);
    case 'blob':
      return { headers };
  }
}

/** Returns the same object if there is none of these headers, which is the usual case, because copying is expensive. */
function withoutPlaces(headers: ResponseHeaders): ResponseHeaders {
  if (PLACES.every((name) => headers[name] === undefined)) {
    return headers;
  }
  return { ...headers, ...NO_PLACES };
}

/** Redirects of reads are followed before. A redirected write would have to be sent again, which is impossible for a streamed body. */
function refuseRedirectedWrite(status: number, { request }: AskedUpstream): void {
  if (status < 300 || status > 399 || status === 304) {
    return;
  }
  throw new ProxyError(
    'RedirectRefused',
    `the registry redirects this ${request.method} request (status ${status}); set the connector's spec.address to the scheme, host and path that the registry answers at`,
  );
}

function rewriteList(response: OciResponse, headers: ResponseHeaders, asked: AskedUpstream): RewrittenResponse {
  const { names, route, request } = asked;
  const next = nextPage(response, asked);
  const sealedTarget = next?.elsewhere;
  const linked = next === undefined ? headers : { ...headers, link: `<${next.location}>; rel="next"` };
  const body = route.kind === 'tags' ? tagListRewrite(response.status, response.headers, names.client) : undefined;
  if (body === undefined) {
    return { headers: linked, sealedTarget };
  }
  // These headers describe the body before the rewrite.
  const changed = {
    ...linked,
    'content-length': undefined,
    'content-md5': undefined,
    digest: undefined,
    'repr-digest': undefined,
    'accept-ranges': undefined,
  };
  return request.method === 'HEAD' ? { headers: changed, sealedTarget } : { headers: changed, sealedTarget, body };
}

/** Maps the next page of a list. An error response has none. */
function nextPage({ status, headers, answered }: OciResponse, { request, names, route, seal }: AskedUpstream): MappedLocation | undefined {
  const next = status < 300 || status === 304 ? nextReference(headers['link']) : undefined;
  return next === undefined ? undefined : mapNextPage(next, { address: request.address, names, tail: tailOf(route), answered, seal });
}

function rewriteUpload(response: OciResponse, headers: ResponseHeaders, asked: AskedUpstream): RewrittenResponse {
  const stored = response.status === 201 ? storedBlob(asked) : undefined;
  if (stored !== undefined) {
    return { headers: { ...headers, location: stored } };
  }
  const mapped = mapLocation(response, asked);
  return { headers: { ...headers, location: mapped?.location }, sealedTarget: mapped?.elsewhere };
}

/** Maps the Location of 2xx, and of 416, where it leads to the upload's status (distribution-spec, "Pushing a blob in chunks"). */
function mapLocation(response: OciResponse, { request, names, seal }: AskedUpstream): MappedLocation | undefined {
  const { location } = response.headers;
  const goesOn = (response.status >= 200 && response.status <= 299) || response.status === 416;
  if (location === undefined || !goesOn) {
    return undefined;
  }
  if (typeof location !== 'string') {
    throw new ProxyError('UpstreamInvalid', 'the registry answered with more than one Location');
  }
  return mapUploadLocation(location, { address: request.address, names, requested: response.answered, seal });
}

/** Returns the blob's path. Its digest is known when an upload ends and when a mount succeeds. */
function storedBlob({ request, route, names, mount }: AskedUpstream): string | undefined {
  const digest = mount?.digest ?? queryValues(request.query, 'digest').at(-1);
  return isUpload(route) && digest !== undefined && isDigest(digest) ? `${names.clientPath}/blobs/${digest}` : undefined;
}

function rewriteManifest(
  { status, headers: { 'docker-content-digest': sent } }: OciResponse,
  headers: ResponseHeaders,
  asked: AskedUpstream,
): RewrittenResponse {
  const digest = typeof sent === 'string' && status < 300 && isDigest(sent) ? sent : undefined;
  return { headers: status === 201 ? { ...headers, location: storedManifest(digest, asked) } : headers, digest };
}

/** Returns the manifest's path: by digest if the registry sent one, as distribution does, otherwise by the reference of the request. */
function storedManifest(digest: string | undefined, { route, names }: AskedUpstream): string {
  return `${names.clientPath}/${digest === undefined ? tailOf(route) : `manifests/${digest}`}`;
}
