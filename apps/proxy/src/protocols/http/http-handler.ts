import { type UpstreamAddress, USE_OF_VERB } from '@oci-connector/connector-api';
import { ProxyError } from '../../proxy.errors';
import { REGISTRY_HEADERS } from '../forwarded-headers';
import { type ConnectorRequest, type OwnPath, type ProtocolHandler, type RewrittenResponse, type UpstreamPlan } from '../protocol';
import { pathInside, prefixOf } from '../path-inside';
import { methodNotServed, verbOfMethod } from '../verbs';
import { targetOf, type UpstreamTarget } from '../../upstream/upstream-target';
import { type ResponseHeaders } from '../../upstream/response-headers';
import { checkHttpPath } from './http-path';
import { mapPlaces } from './http-places';
import { asWebSocket } from './http-web-socket';

/**
 * Serves any HTTP service, for Connectors of `spec.protocol: http`. It forwards the path unchanged and adds the credential as
 * Basic authentication. It does not read bodies.
 */
export class HttpHandler implements ProtocolHandler {
  readonly verbOf = verbOfMethod;
  /** The service may be a registry, too. */
  readonly forwardedHeaders = REGISTRY_HEADERS;

  inside(path: string, address: UpstreamAddress): OwnPath | undefined {
    checkHttpPath(path);
    return pathInside(path, address);
  }

  plan(request: ConnectorRequest): UpstreamPlan {
    const { method, path, query, address } = request;
    checkHttpPath(path);
    const verb = verbOfMethod(method);
    if (verb === undefined) {
      throw methodNotServed(method);
    }
    const upstreamPath = prefixOf(address) + path + (query === '' ? '' : `?${query}`);
    return {
      login: { kind: 'basic' },
      method,
      target: targetOf({ origin: address.origin, path: upstreamPath }, address),
      action: USE_OF_VERB[verb],
      route: '/{path}',
      followRedirects: method === 'GET' || method === 'HEAD',
      replayable: !request.hasBody,
      requestHeaders: {},
      rewriteResponse: (status, headers, answered) => rewriteHttpResponse({ status, headers, answered }, request),
    };
  }

  planWebSocket(request: ConnectorRequest): UpstreamPlan {
    return asWebSocket(this.plan(request), request);
  }
}

interface HttpResponse {
  readonly status: number;
  readonly headers: ResponseHeaders;
  readonly answered: UpstreamTarget;
}

/** GET and HEAD redirects were followed before. No other place goes to the client, which would send its ServiceAccount token there. */
function rewriteHttpResponse({ status, headers, answered }: HttpResponse, request: ConnectorRequest): RewrittenResponse {
  const mapped = mapPlaces(headers, { request, answered });
  if (mapped['location'] === undefined && status >= 300 && status <= 399 && status !== 304) {
    throw new ProxyError(
      'RedirectRefused',
      `the service redirects this ${request.method} request (status ${status}) to a place outside of the connector's spec.address; set spec.address to the URL at which it answers`,
    );
  }
  return { headers: mapped };
}
