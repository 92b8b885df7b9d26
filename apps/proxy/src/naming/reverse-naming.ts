import { type ConnectorKey, connectorPath, isConnectorName, isDnsLabel, parseConnectorHost } from '@oci-connector/connector-api';
import { quoted } from '@oci-connector/sensitive';
import { ProxyError } from '../proxy.errors';
import { type ClientPaths, type NamedConnector, type Naming, type RequestName } from './naming';
import { type RequestHead } from './request-head';

const PLAIN_PREFIX = '/namespaces/';
const PATH_FORM_PREFIX = '/v2/namespaces/';

/** Prefixes for a client that names the Connector by the host. */
const HOST_PATHS: ClientPaths = { root: '', registryRoot: '/v2/', repositoryPrefix: '' };

/**
 * The naming of the reverse proxy. The path or the host names the Connector:
 * - `/v2/namespaces/NS/connectors/NAME/REPO/…`, as part of a repository's name
 * - `/namespaces/NS/connectors/NAME/PATH`, before any path; for OCI, PATH begins with `v2/`
 * - host `c-NAME.NS…`
 *
 * The raw target is parsed without decoding and without merging slashes (rule C5).
 */
export class ReverseNaming implements Naming {
  constructor(private readonly clusterDomain: string) {}

  name({ url = '', headers }: Pick<RequestHead, 'url' | 'headers'>): RequestName {
    const host = (headers.host ?? '').replace(/:\d+$/, '').toLowerCase();
    const { path, query } = splitTarget(url);
    const connector = connectorInPath(path, query) ?? connectorInHost(host, { path, query }, this.clusterDomain);
    return { path: connector?.path ?? path, connector, host };
  }

  notNamed({ host, path }: RequestName): ProxyError {
    if (path === '/v2/_catalog') {
      return new ProxyError('RouteUnknown', 'the catalog is not served: it belongs to no connector; list the tags of one repository');
    }
    return new ProxyError(
      'ConnectorNotNamed',
      `neither the path nor the host ${quoted(host)} names a connector; use /v2/namespaces/NAMESPACE/connectors/NAME/REPOSITORY/… or the host c-NAME.NAMESPACE.svc`,
    );
  }
}

function splitTarget(target: string): { path: string; query: string } {
  if (!target.startsWith('/')) {
    throw new ProxyError('PathInvalid', 'the request target must be a path that begins with /');
  }
  const mark = target.indexOf('?');
  return mark < 0 ? { path: target, query: '' } : { path: target.slice(0, mark), query: target.slice(mark + 1) };
}

/** Finds the Connector that the path names. The path takes precedence over the host. */
function connectorInPath(path: string, query: string): NamedConnector | undefined {
  if (path.startsWith(PLAIN_PREFIX)) {
    const found = splitPrefix(path.slice(PLAIN_PREFIX.length));
    return (
      found && {
        namespace: found.namespace,
        name: found.name,
        path: found.rest,
        query,
        paths: { root: found.root, registryRoot: `${found.root}/v2/`, repositoryPrefix: '' },
      }
    );
  }
  if (!path.startsWith(PATH_FORM_PREFIX)) {
    return undefined;
  }
  const found = splitPrefix(path.slice(PATH_FORM_PREFIX.length));
  const paths = found && { root: found.root, registryRoot: '/v2/', repositoryPrefix: `${found.root.slice(1)}/` };
  return paths && { namespace: found.namespace, name: found.name, path: `/v2${found.rest}`, query, paths };
}

/**
 * Splits `NS/connectors/NAME[/REST]`.
 *
 * @returns undefined if the second segment is not `connectors`
 */
function splitPrefix(text: string): (ConnectorKey & { root: string; rest: string }) | undefined {
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
  return { namespace, name, root: connectorPath({ namespace, name }), rest: `/${rest}` };
}

function cutSegment(text: string): [segment: string, rest: string] {
  const slash = text.indexOf('/');
  return slash < 0 ? [text, ''] : [text.slice(0, slash), text.slice(slash + 1)];
}

function connectorInHost(
  host: string,
  { path, query }: Pick<NamedConnector, 'path' | 'query'>,
  clusterDomain: string,
): NamedConnector | undefined {
  const key = parseConnectorHost(host, clusterDomain);
  return key && { namespace: key.namespace, name: key.name, path, query, paths: HOST_PATHS };
}
