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
  /** As the registry knows it: with the address's path prefix, or Docker Hub's `library/`. */
  readonly upstream: string;
  /** As the client calls it, which is what a tag list has to say. */
  readonly client: string;
  /** The client's URL path of it, without a slash at the end. */
  readonly clientPath: string;
}

/** @throws ProxyError PathInvalid when the registry's name becomes too long, ConnectorInvalid for a path prefix that is no name */
export function namesOf(request: ConnectorRequest, repository: string): OciNames {
  const upstream = upstreamName(request.address, repository);
  // The client's own name was checked with its route.
  if (upstream !== repository && !isRepositoryName(upstream)) {
    throw new ProxyError(
      'PathInvalid',
      `with the path prefix of the connector's address the repository name becomes longer than ${REPOSITORY_NAME_MAX} characters`,
    );
  }
  const client = request.paths.repositoryPrefix + repository;
  return { upstream, client, clientPath: request.paths.registryRoot + client };
}

/** The registry's name of a client's repository. @throws ProxyError ConnectorInvalid */
export function upstreamName(address: ConnectorRequest['address'], repository: string): string {
  if (!canPrefixRepositories(address)) {
    throw new ProxyError(
      'ConnectorInvalid',
      "the path of the connector's spec.address is no repository name: use lower-case letters, digits and . _ - in it",
    );
  }
  return upstreamRepository(address, repository);
}

const CONNECTOR_PREFIX = /^namespaces\/[^/]*\/connectors\/[^/]*\//;

/**
 * A repository's name as a client says it in `from=`, taken back to the name that its path would have here.
 *
 * @returns undefined for a repository of another connector, and for what is no name
 */
export function ownRepository(request: ConnectorRequest, name: string): string | undefined {
  const own = `${connectorPath(request.connector).slice(1)}/`;
  const repository = name.startsWith(own) ? name.slice(own.length) : name;
  if (repository === name) {
    // Without a prefix it is a name of the host's connector; where names have one, that may be another connector.
    if (request.paths.repositoryPrefix !== '' || CONNECTOR_PREFIX.test(name)) {
      return undefined;
    }
  }
  return isRepositoryName(repository) ? repository : undefined;
}
