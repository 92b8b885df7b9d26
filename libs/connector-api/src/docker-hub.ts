/** The host that serves Docker Hub's registry API. */
export const DOCKER_HUB_HOST = 'registry-1.docker.io';

/** The names of Docker Hub. The two others serve web pages and the retired v1 API. auth.docker.io is its token server, not a name of it. */
export const DOCKER_HUB_NAMES: readonly string[] = ['docker.io', 'index.docker.io', DOCKER_HUB_HOST];

/** Whether the host, in lower case and without a port, is one of Docker Hub's names. */
export function isDockerHubName(host: string): boolean {
  return DOCKER_HUB_NAMES.includes(host);
}
