import { type UpstreamAddress } from './upstream-address';

/** `<name>` of the distribution-spec, "Pulling manifests". */
const REPOSITORY_NAME = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;

/** Longest name that clients and registries take, in characters (distribution/reference, RepositoryNameTotalLengthMax). */
export const REPOSITORY_NAME_MAX = 255;

/** Whether the text is a repository's name by the distribution-spec. */
export function isRepositoryName(text: string): boolean {
  return text.length <= REPOSITORY_NAME_MAX && REPOSITORY_NAME.test(text);
}

/** Of the distribution-spec; where a registry's API begins, and no repository. */
const API_PATH = 'v2';

/**
 * What comes before every repository of a registry. `https://registry.example/v2/` means the registry itself: people copy the
 * address from what their client asked for.
 */
export function repositoryPrefix({ pathPrefix }: Pick<UpstreamAddress, 'pathPrefix'>): string {
  return pathPrefix === API_PATH ? '' : pathPrefix;
}

/** The registry's own name of a repository: with the address's prefix; on Docker Hub official images are in `library/`. */
export function upstreamRepository(address: Pick<UpstreamAddress, 'pathPrefix' | 'isDockerHub'>, repository: string): string {
  const prefix = repositoryPrefix(address);
  if (prefix !== '') return `${prefix}/${repository}`;
  // Docker's clients write `library/` themselves, but only for names that begin with docker.io.
  return address.isDockerHub && !repository.includes('/') ? `library/${repository}` : repository;
}
