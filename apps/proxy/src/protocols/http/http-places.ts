import { ProxyError } from '../../proxy.errors';
import { escapeBytes } from '../../upstream/percent-escapes';
import { readReference, type UpstreamPlace } from '../../upstream/upstream-place';
import { type ResponseHeaders } from '../../upstream/response-headers';
import { parseLinks } from '../link-header';
import { type ConnectorRequest } from '../protocol';

export interface PlaceOwner {
  readonly request: ConnectorRequest;
  /** The place that sent the response, after redirects. */
  readonly answered: UpstreamPlace;
}

/** Headers that contain one reference each: of RFC 9110 and older HTTP, WebDAV, source maps, and operations in the background. */
const REFERENCES = [
  'location',
  'content-location',
  'content-base',
  'uri',
  'destination',
  'sourcemap',
  'x-sourcemap',
  'operation-location',
  'azure-asyncoperation',
];

/**
 * Maps each place in an HTTP service's headers to the proxy's path if it lies below the Connector's address. Other places are left out:
 * the client would go there without the proxy, or with its ServiceAccount token.
 *
 * @throws ProxyError RedirectRefused when a next page is elsewhere, UpstreamInvalid when a Link cannot be read: without its next page,
 *   a list would look complete
 */
export function mapPlaces(headers: ResponseHeaders, owner: PlaceOwner): ResponseHeaders {
  const mapped: Record<string, string | string[] | undefined> = { ...headers };
  for (const name of REFERENCES) {
    if (headers[name] !== undefined) {
      mapped[name] = mapReference(headers[name], owner);
    }
  }
  if (headers['link'] !== undefined) {
    mapped['link'] = mapLinks(headers['link'], owner);
  }
  return mapped;
}

function mapLinks(link: ResponseHeaders[string], owner: PlaceOwner): string | undefined {
  const mapped: string[] = [];
  for (const { reference, relations, parameters } of parseLinks(link)) {
    const place = mapReference(reference, owner);
    if (place !== undefined) {
      mapped.push(`<${place}>${parameters}`);
    } else if (relations.includes('next')) {
      throw new ProxyError(
        'RedirectRefused',
        "the next page of the service's list is outside of the connector's spec.address; set spec.address to the URL at which it answers",
      );
    }
  }
  return mapped.length === 0 ? undefined : mapped.join(', ');
}

function mapReference(reference: ResponseHeaders[string], { request, answered }: PlaceOwner): string | undefined {
  if (typeof reference !== 'string') {
    return undefined;
  }
  const { address } = request;
  const place = readReference(reference, { asked: answered, address });
  if ('problem' in place || place.origin !== address.origin) {
    return undefined;
  }
  const prefix = address.pathPrefix === '' ? '' : `/${address.pathPrefix}`;
  const rest = place.path.slice(prefix.length);
  if (!place.path.startsWith(prefix) || !/^(?:[/?]|$)/.test(rest)) {
    return undefined;
  }
  const fragment = reference.indexOf('#');
  const ours = rest + (fragment < 0 ? '' : escapeBytes(reference.slice(fragment)));
  const path = request.paths.root + ours;
  // If the proxy's prefix is empty, a second slash would turn the next segment into a host.
  if (path.startsWith('//')) {
    return undefined;
  }
  return path.startsWith('/') ? path : `/${path}`;
}
