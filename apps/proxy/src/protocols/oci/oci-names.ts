import {
  canPrefixRepositories,
  connectorPath,
  isRepositoryName,
  REPOSITORY_NAME_MAX,
  upstreamRepository,
} from '@oci-connector/connector-api';
import { ProxyError } from '../../proxy.errors';
import { type ConnectorRequest } from '../protocol';

/** One repository under its three names. */
export interface OciNames {
  /** The registry's name: with the path prefix of the Connector's address, or with `library/` of Docker Hub. */
  readonly upstream: string;
  /** The client's name, which a tag list has to contain. */
  readonly client: string;
  /** The client's URL path of the repository, without a trailing slash. */
  readonly clientPath: string;
}

/** @throws ProxyError PathInvalid when the registry's name is too long, ConnectorInvalid when the address's path is no repository name */
export function namesOf(request: ConnectorRequest, repository: string): OciNames {
  const upstream = upstreamName(request.address, repository);
  // The grammar of the route has checked the client's own name.
  if (upstream !== repository && !isRepositoryName(upstream)) {
    throw new ProxyError(
      'PathInvalid',
      `with the path prefix of the connector's address the repository name becomes longer than ${REPOSITORY_NAME_MAX} characters`,
    );
  }
  const client = request.paths.repositoryPrefix + repository;
  return { upstream, client, clientPath: request.paths.registryRoot + client };
}

/**
 * Returns the registry's name of a client's repository.
 *
 * @throws ProxyError ConnectorInvalid when the path of the Connector's address is not a repository name
 */
export function upstreamName(address: ConnectorRequest['address'], repository: string): string {
  if (!canPrefixRepositories(address)) {
    throw new ProxyError(
      'ConnectorInvalid',
      "the path of the connector's spec.address is not a valid repository name: use only lower-case letters, digits and . _ -",
    );
  }
  return upstreamRepository(address, repository);
}

const CONNECTOR_PREFIX = /^namespaces\/[^/]*\/connectors\/[^/]*\//;

/**
 * Converts a repository's name in a client's `from=` to its name within the Connector.
 *
 * @returns undefined for a repository of another Connector, and for a text that is not a repository name
 */
export function ownRepository(request: ConnectorRequest, name: string): string | undefined {
  const prefixes = [request.paths.repositoryPrefix, `${connectorPath(request.connector).slice(1)}/`];
  const own = prefixes.find((prefix) => prefix !== '' && name.startsWith(prefix)) ?? '';
  const repository = name.slice(own.length);
  if (repository === name) {
    // Without a prefix, the name belongs to the Connector of the host. If the client's names have a prefix, that may be another Connector.
    if (request.paths.repositoryPrefix !== '' || CONNECTOR_PREFIX.test(name)) {
      return undefined;
    }
  }
  return isRepositoryName(repository) ? repository : undefined;
}
