import { connectorPath } from '@oci-connector/connector-api';
import { ProxyError } from '../../proxy.errors';
import { requiredVerb, verbOfMethod, type ConnectorRequest, type ProtocolHandler, type RewrittenResponse, type UpstreamPlan } from '../protocol';
import { targetOf } from '../../transport/upstream-target';
import { type ResponseHeaders } from '../../transport/upstream-transport';
import { checkHttpPath } from './http-path';

const ACTIONS = { get: 'pull', update: 'push', delete: 'delete' } as const;

/**
 * Any HTTP service, for connectors of `spec.protocol: http`: the path goes on as it is, and the credential is added as
 * Basic authentication. Nothing of a body is looked at.
 */
export class HttpHandler implements ProtocolHandler {
  async plan(request: ConnectorRequest): Promise<UpstreamPlan> {
    const { method, path, query, address } = request;
    checkHttpPath(path);
    const verb = verbOfMethod(method);
    if (verb === undefined) throw new ProxyError('MethodNotAllowed', `method ${method} is not served`);
    // What looked like an upload to a registry was authorised as one; here the method alone counts.
    if (requiredVerb(method, path) !== verb && !(await request.allows(verb))) {
      throw new ProxyError('PermissionDenied', `the client may not ${verb} connectors/proxy "${request.connector.name}"`);
    }
    const prefix = address.pathPrefix === '' ? '' : `/${address.pathPrefix}`;
    const upstreamPath = prefix + path + (query === '' ? '' : `?${query}`);
    return {
      login: 'basic',
      method,
      target: targetOf({ origin: address.origin, path: upstreamPath }, address),
      scopes: [],
      action: ACTIONS[verb],
      route: '/{path}',
      followRedirects: method === 'GET' || method === 'HEAD',
      replayable: !request.hasBody,
      minimumTokenLifetimeMs: 0,
      requestHeaders: {},
      rewriteResponse: (status, headers) => rewriteHttpResponse(status, headers, { request, prefix, upstreamPath }),
    };
  }
}

interface Asked {
  readonly request: ConnectorRequest;
  readonly prefix: string;
  readonly upstreamPath: string;
}

/**
 * Maps a Location below the connector's address onto our path. Another place is not for the client, which would go there
 * with its ServiceAccount token: as a redirect it is refused, and elsewhere it is left out. Redirects of GET and HEAD have
 * been followed before.
 */
function rewriteHttpResponse(status: number, headers: ResponseHeaders, asked: Asked): RewrittenResponse {
  const location = mapLocation(headers['location'], asked);
  if (location === undefined && status >= 300 && status <= 399 && status !== 304) {
    throw new ProxyError(
      'RedirectRefused',
      `the service redirects this ${asked.request.method} request (status ${status}) to a place outside of the connector's spec.address; set the address that it answers at`,
    );
  }
  return { headers: { ...headers, location, 'content-location': undefined } };
}

function mapLocation(location: ResponseHeaders[string], { request, prefix, upstreamPath }: Asked): string | undefined {
  const { address } = request;
  const base = address.origin + upstreamPath;
  if (typeof location !== 'string' || !/^[\x21-\x5b\x5d-\x7e]+$/.test(location) || !URL.canParse(location, base)) return undefined;
  const url = new URL(location, base);
  const inside = url.origin === address.origin && `${url.pathname}/`.startsWith(`${prefix}/`) && url.username === '';
  if (!inside) return undefined;
  const rest = url.pathname.slice(prefix.length) + url.search + url.hash;
  if (request.addressForm !== 'host') return connectorPath(request.connector) + rest;
  // With nothing of ours before it, a second slash would make a host of what follows.
  return rest.startsWith('//') ? undefined : `/${rest.replace(/^\//, '')}`;
}
