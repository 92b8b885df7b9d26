import { ProxyError } from '../../proxy.errors';
import { REGISTRY_HEADERS } from '../forwarded-headers';
import { verbOfMethod, type ConnectorRequest, type ProtocolHandler, type RewrittenResponse, type UpstreamPlan } from '../protocol';
import { targetOf, type UpstreamTarget } from '../../upstream/upstream-target';
import { type ResponseHeaders } from '../../upstream/response-headers';
import { checkHttpPath } from './http-path';
import { mapPlaces } from './http-places';
import { asWebSocket } from './http-web-socket';

const ACTIONS = { get: 'pull', update: 'push', delete: 'delete' } as const;

/**
 * Any HTTP service, for connectors of `spec.protocol: http`: the path goes on as it is, and the credential is added as
 * Basic authentication. Nothing of a body is looked at.
 */
export class HttpHandler implements ProtocolHandler {
  readonly verbOf = verbOfMethod;
  /** The service may be a registry, too. */
  readonly forwardedHeaders = REGISTRY_HEADERS;

  plan(request: ConnectorRequest): UpstreamPlan {
    const { method, path, query, address } = request;
    checkHttpPath(path);
    const verb = verbOfMethod(method);
    if (verb === undefined) {
      throw new ProxyError('MethodNotAllowed', `method ${method} is not served`);
    }
    const prefix = address.pathPrefix === '' ? '' : `/${address.pathPrefix}`;
    const upstreamPath = prefix + path + (query === '' ? '' : `?${query}`);
    return {
      login: { kind: 'basic' },
      method,
      target: targetOf({ origin: address.origin, path: upstreamPath }, address),
      action: ACTIONS[verb],
      route: '/{path}',
      followRedirects: method === 'GET' || method === 'HEAD',
      replayable: !request.hasBody,
      requestHeaders: {},
      rewriteResponse: (status, headers, answered) => rewriteHttpResponse({ status, headers, answered }, request),
    };
  }

  async planWebSocket(request: ConnectorRequest): Promise<UpstreamPlan> {
    return asWebSocket(this.plan(request), request);
  }
}

interface HttpResponse {
  readonly status: number;
  readonly headers: ResponseHeaders;
  readonly answered: UpstreamTarget;
}

/** Redirects of GET and HEAD have been followed before. Another place is not for the client, which would go there with its ServiceAccount token. */
function rewriteHttpResponse({ status, headers, answered }: HttpResponse, request: ConnectorRequest): RewrittenResponse {
  const mapped = mapPlaces(headers, { request, answered });
  if (mapped['location'] === undefined && status >= 300 && status <= 399 && status !== 304) {
    throw new ProxyError(
      'RedirectRefused',
      `the service redirects this ${request.method} request (status ${status}) to a place outside of the connector's spec.address; set the address that it answers at`,
    );
  }
  return { headers: mapped };
}
