import { isConnectorName, isDnsLabel, parseConnectorHost } from '@oci-connector/connector-api';
import { type ProxyVerb } from '@oci-connector/kube';
import { quoted } from '@oci-connector/sensitive';
import { requiredVerb } from '../protocols/protocol';
import { ProxyError } from '../proxy.errors';
import { Identified, type ClientExchange, type NamedConnector } from '../pipeline/proxy-exchange';

/** What identifying needs to know of the installation. */
export interface IdentifySettings {
  readonly clusterDomain: string;
  /** Our own name in Via. */
  readonly via: string;
}

/** `GET /v2/` on any host: answered here, because clients use it to learn how to log in (protocol: API version check). */
export interface ApiPing {
  readonly kind: 'api-ping';
}

const PLAIN_PREFIX = '/namespaces/';
const PATH_FORM_PREFIX = '/v2/namespaces/';

/**
 * Finds out which Connector a request is for. Parsing only: nothing is looked up, so the answer says nothing about what
 * exists. The raw target is read as it was sent, with no decoding and no merging of slashes (rule C5).
 *
 * @param client with a request in which the listener found no malformation
 * @throws ProxyError LoopDetected, MethodNotAllowed, PathInvalid, ConnectorNotNamed
 */
export function identifyConnector(client: ClientExchange, settings: IdentifySettings): Identified | ApiPing {
  const { request } = client;
  refuseLoop(request.headers.via, settings.via);
  const host = hostOf(client);
  const { method = '', url = '' } = request;
  const { path, query } = splitTarget(url);
  const named = connectorInPath(path, query) ?? connectorInHost(host, path, query, settings);
  const servedPath = named === undefined ? path : named.path;
  const verb = requiredVerb(method, servedPath);
  if (verb === undefined) throw new ProxyError('MethodNotAllowed', `method ${method} is not served`);
  if (isPing(servedPath)) return ping(verb, method);
  if (named === undefined) throw notNamed(host, path);
  client.record.connector = `${named.namespace}/${named.name}`;
  return new Identified(client, named, verb);
}

function isPing(path: string): boolean {
  return path === '/v2/' || path === '/v2';
}

function ping(verb: ProxyVerb, method: string): ApiPing {
  if (verb !== 'get') throw new ProxyError('MethodNotAllowed', `method ${method} is not served on /v2/; use GET`);
  return { kind: 'api-ping' };
}

function refuseLoop(via: string | undefined, own: string): void {
  if (via === undefined) return;
  // RFC 9110 §7.6.3: comma-separated, each `[protocol/]version SP received-by [SP comment]`.
  const names = via.split(',').map((hop) => hop.trim().split(/\s+/)[1]?.toLowerCase());
  if (names.includes(own.toLowerCase())) {
    throw new ProxyError(
      'LoopDetected',
      `this request has already passed through "${own}": the Connector's address leads back to the proxy; correct spec.address, or give each installation a Via name of its own`,
    );
  }
}

/** Without the port. */
function hostOf({ request }: ClientExchange): string {
  return (request.headers.host ?? '').replace(/:\d+$/, '').toLowerCase();
}

function splitTarget(target: string): { path: string; query: string } {
  if (!target.startsWith('/')) throw new ProxyError('PathInvalid', 'the request target must be a path that begins with /');
  const mark = target.indexOf('?');
  return mark < 0 ? { path: target, query: '' } : { path: target.slice(0, mark), query: target.slice(mark + 1) };
}

/** The path decides, even where the host names another Connector. */
function connectorInPath(path: string, query: string): NamedConnector | undefined {
  if (path.startsWith(PLAIN_PREFIX)) {
    const found = splitPrefix(path.slice(PLAIN_PREFIX.length));
    return found && { namespace: found.namespace, name: found.name, form: 'plain', path: found.rest, query };
  }
  if (!path.startsWith(PATH_FORM_PREFIX)) return undefined;
  const found = splitPrefix(path.slice(PATH_FORM_PREFIX.length));
  return found && { namespace: found.namespace, name: found.name, form: 'path', path: `/v2${found.rest}`, query };
}

/** `NS/connectors/NAME[/REST]`; undefined where it is no connector's path at all. */
function splitPrefix(text: string): { namespace: string; name: string; rest: string } | undefined {
  const [namespace, afterNamespace] = cutSegment(text);
  const [word, afterWord] = cutSegment(afterNamespace);
  if (word !== 'connectors') return undefined;
  const [name, rest] = cutSegment(afterWord);
  if (!isDnsLabel(namespace) || !isConnectorName(name)) {
    throw new ProxyError(
      'PathInvalid',
      'the path names no valid connector; expected namespaces/NAMESPACE/connectors/NAME with lower-case letters, digits and -',
    );
  }
  return { namespace, name, rest: `/${rest}` };
}

function cutSegment(text: string): [segment: string, rest: string] {
  const slash = text.indexOf('/');
  return slash < 0 ? [text, ''] : [text.slice(0, slash), text.slice(slash + 1)];
}

function connectorInHost(host: string, path: string, query: string, settings: IdentifySettings): NamedConnector | undefined {
  const key = parseConnectorHost(host, settings.clusterDomain);
  return key && { namespace: key.namespace, name: key.name, form: 'host', path, query };
}

function notNamed(host: string, path: string): ProxyError {
  if (path === '/v2/_catalog') {
    return new ProxyError('RouteUnknown', 'the catalog is not served: it belongs to no connector');
  }
  return new ProxyError(
    'ConnectorNotNamed',
    `neither the path nor the host ${quoted(host)} names a connector; use /v2/namespaces/NAMESPACE/connectors/NAME/REPOSITORY/… or the host c-NAME.NAMESPACE.svc`,
  );
}
