import { type UpstreamAddress } from './upstream-address';

/** `<name>` of the distribution-spec, "Pulling manifests". */
const REPOSITORY_NAME = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;

/** The longest name that clients and registries accept, in characters (distribution/reference, RepositoryNameTotalLengthMax). */
export const REPOSITORY_NAME_MAX = 255;

/** Whether the text is a repository name of the distribution-spec. */
export function isRepositoryName(text: string): boolean {
  return text.length <= REPOSITORY_NAME_MAX && REPOSITORY_NAME.test(text);
}

/** The beginning of a registry's API paths (distribution-spec, "Endpoints"). It is not a part of a repository name. */
const API_PATH = /^v2(?:\/|$)/i;

/** The part after the repository in the API's URLs. */
const API_ROUTE = /\/(?:manifests|blobs|referrers|tags)(?:\/|$)/;

/**
 * Returns the prefix of every repository of a registry. Users copy the address from the requests of their client:
 * `https://registry.example/v2/` means the registry itself, and `https://registry.example/v2/team` means the repositories below `team`.
 */
export function repositoryPrefix({ pathPrefix }: Pick<UpstreamAddress, 'pathPrefix'>): string {
  return pathPrefix.replace(API_PATH, '');
}

/** Whether repositories can begin with the address's path: it is a repository name, and not a copied API URL such as `/v2/app/tags/list`. */
export function canPrefixRepositories(address: Pick<UpstreamAddress, 'pathPrefix'>): boolean {
  const prefix = repositoryPrefix(address);
  if (API_PATH.test(address.pathPrefix) && API_ROUTE.test(prefix)) {
    return false;
  }
  return prefix === '' || isRepositoryName(prefix);
}

/** Returns the registry's own name of a repository: with the address's prefix or, for official images of Docker Hub, with `library/`. */
export function upstreamRepository(address: Pick<UpstreamAddress, 'pathPrefix' | 'isDockerHub'>, repository: string): string {
  const prefix = repositoryPrefix(address);
  if (prefix !== '') {
    return `${prefix}/${repository}`;
  }
  // Docker's clients add `library/` themselves, but only to names that begin with docker.io.
  return address.isDockerHub && !repository.includes('/') ? `library/${repository}` : repository;
}
