import { type ProxyVerb } from '@oci-connector/connector-api';
import {
  type ConnectorRequest,
  type ErrorBody,
  type Ping,
  type ProtocolHandler,
  type RefusedRequest,
  type UpstreamPlan,
} from '../../src/protocols/protocol';
import { pathInside } from '../../src/protocols/path-inside';
import { verbOfMethod } from '../../src/protocols/verbs';
import { ProxyError } from '../../src/proxy.errors';
import { targetOf } from '../../src/upstream/upstream-target';

/** A protocol for tests: things have names, and only clients that may change a thing may read its secret. */
export class ToyHandler implements ProtocolHandler {
  readonly forwardedHeaders = new Set(['x-toy']);

  verbOf(method: string, path: string): ProxyVerb | undefined {
    return path.endsWith('/secret') ? 'update' : verbOfMethod(method);
  }

  ping(method: string, path: string): Ping | undefined {
    return method === 'GET' && path === '/toy-ping'
      ? { route: '/toy-ping', contentType: 'text/plain', headers: { 'x-toy-version': '1' }, body: 'toy' }
      : undefined;
  }

  errorBody({ status, message }: RefusedRequest): ErrorBody {
    return { contentType: 'text/plain', headers: { 'x-toy-version': '1' }, body: `toy ${status}: ${message}` };
  }

  readonly inside = pathInside;

  plan({ method, path, address, hasBody }: ConnectorRequest): UpstreamPlan {
    if (!/^\/things\/[a-z]+(?:\/secret)?$/.test(path)) {
      throw new ProxyError('PathInvalid', 'the name of a thing may contain only lower-case letters');
    }
    return {
      method,
      target: targetOf({ origin: address.origin, path: `/toys${path}` }, address),
      login: { kind: 'basic' },
      action: method === 'GET' ? 'pull' : 'push',
      route: '/things/{name}',
      followRedirects: false,
      replayable: !hasBody,
      requestHeaders: { 'x-toy-protocol': '1' },
      rewriteResponse: (_status, headers) => ({ headers: { ...headers, 'x-toy-seen': 'yes' } }),
    };
  }
}
