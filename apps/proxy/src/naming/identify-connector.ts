import { type IncomingMessage } from 'node:http';
import { isConnectorName, isDnsLabel, parseConnectorHost } from '@oci-connector/connector-api';
import { quoted } from '@oci-connector/sensitive';
import { type AddressForm } from '../protocols/protocol';
import { ProxyError } from '../proxy.errors';

/** A Connector as a request names it, and what is left of the request's target then. */
export interface NamedConnector {
  readonly namespace: string;
  readonly name: string;
  readonly form: AddressForm;
  /** Raw path without query and without the connector's part; begins with `/`. */
  readonly path: string;
  /** Raw query without `?`; empty when there is none. */
  readonly query: string;
}

/** Which Connector a request names. */
export interface Naming {
  /** Raw path without query, and without the connector's part where it names one. */
  readonly path: string;
  /** Absent: neither path nor host names one. */
  readonly named?: NamedConnector;
  /** The host of the request, without its port. */
  readonly host: string;
}

const PLAIN_PREFIX = '/namespaces/';
const PATH_FORM_PREFIX = '/v2/namespaces/';

/**
 * Finds out which Connector a request is for. Parsing only: nothing is looked up, so the answer says nothing about what
 * exists. The raw target is read as it was sent, with no decoding and no merging of slashes (rule C5).
 *
 * @param request one in which no malformation was found
 * @throws ProxyError PathInvalid
 */
export function identifyConnector({ url = '', headers }: Pick<IncomingMessage, 'url' | 'headers'>, clusterDomain: string): Naming {
  const host = (headers.host ?? '').replace(/:\d+$/, '').toLowerCase();
  const { path, query } = splitTarget(url);
  const named = connectorInPath(path, query) ?? connectorInHost(host, { path, query }, clusterDomain);
  return { path: named?.path ?? path, named, host };
}

function splitTarget(target: string): { path: string; query: string } {
  if (!target.startsWith('/')) {
    throw new ProxyError('PathInvalid', 'the request target must be a path that begins with /');
  }
  const mark = target.indexOf('?');
  return mark < 0 ? { path: target, query: '' } : { path: target.slice(0, mark), query: target.slice(mark + 1) };
}

/** The path decides, even where the host names another Connector. */
function connectorInPath(path: string, query: string): NamedConnector | undefined {
  if (path.startsWith(PLAIN_PREFIX)) {
    const found = splitPrefix(path.slice(PLAIN_PREFIX.length));
    return found && { namespace: found.namespace, name: found.name, form: 'plain', path: found.rest, query };
  }
  if (!path.startsWith(PATH_FORM_PREFIX)) {
    return undefined;
  }
  const found = splitPrefix(path.slice(PATH_FORM_PREFIX.length));
  return found && { namespace: found.namespace, name: found.name, form: 'path', path: `/v2${found.rest}`, query };
}

/** `NS/connectors/NAME[/REST]`; undefined where it is no connector's path at all. */
function splitPrefix(text: string): { namespace: string; name: string; rest: string } | undefined {
  const [namespace, afterNamespace] = cutSegment(text);
  const [word, afterWord] = cutSegment(afterNamespace);
  if (word !== 'connectors') {
    return undefined;
  }
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

function connectorInHost(host: string, target: Pick<NamedConnector, 'path' | 'query'>, clusterDomain: string): NamedConnector | undefined {
  const key = parseConnectorHost(host, clusterDomain);
  return key && { namespace: key.namespace, name: key.name, form: 'host', ...target };
}

/** The refusal of a request that names no Connector. */
export function notNamed({ host, path }: Naming): ProxyError {
  if (path === '/v2/_catalog') {
    return new ProxyError('RouteUnknown', 'the catalog is not served: it belongs to no connector');
  }
  return new ProxyError(
    'ConnectorNotNamed',
    `neither the path nor the host ${quoted(host)} names a connector; use /v2/namespaces/NAMESPACE/connectors/NAME/REPOSITORY/… or the host c-NAME.NAMESPACE.svc`,
  );
}
