import { type UpstreamAddress } from './upstream-address';

/** `<name>` of the distribution-spec, "Pulling manifests". */
const REPOSITORY_NAME = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;

/** Longest name that clients and registries take, in characters (distribution/reference, RepositoryNameTotalLengthMax). */
export const REPOSITORY_NAME_MAX = 255;

/** Whether the text is a repository's name by the distribution-spec. */
export function isRepositoryName(text: string): boolean {
  return text.length <= REPOSITORY_NAME_MAX && REPOSITORY_NAME.test(text);
}

/** Where a registry's API begins (distribution-spec, "Endpoints"); no component of a repository there. */
const API_PATH = /^v2(?:\/|$)/i;

/** What follows a repository in the API's URLs. */
const API_ROUTE = /\/(?:manifests|blobs|referrers|tags)(?:\/|$)/;

/**
 * What comes before every repository of a registry. People copy the address from what their client asked for:
 * `https://registry.example/v2/` means the registry itself, and `https://registry.example/v2/team` what is below `team`.
 */
export function repositoryPrefix({ pathPrefix }: Pick<UpstreamAddress, 'pathPrefix'>): string {
  return pathPrefix.replace(API_PATH, '');
}

/** Whether repositories can begin with the address's path: it is a repository's name, and no URL copied from the API, such as `/v2/app/tags/list`. */
export function canPrefixRepositories(address: Pick<UpstreamAddress, 'pathPrefix'>): boolean {
  const prefix = repositoryPrefix(address);
  if (API_PATH.test(address.pathPrefix) && API_ROUTE.test(prefix)) {
    return false;
  }
  return prefix === '' || isRepositoryName(prefix);
}

/** The registry's own name of a repository: with the address's prefix; on Docker Hub official images are in `library/`. */
export function upstreamRepository(address: Pick<UpstreamAddress, 'pathPrefix' | 'isDockerHub'>, repository: string): string {
  const prefix = repositoryPrefix(address);
  if (prefix !== '') {
    return `${prefix}/${repository}`;
  }
  // Docker's clients write `library/` themselves, but only for names that begin with docker.io.
  return address.isDockerHub && !repository.includes('/') ? `library/${repository}` : repository;
}
