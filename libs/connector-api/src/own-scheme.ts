/**
 * Returns the origin that a server means with a URL on its own host. Behind a load balancer that terminates TLS, a registry receives http
 * and writes http URLs into Locations, redirects, Links and realms. When the host is the one of the https request, and the port is http's
 * default or the one of the request, the registry means the origin of the request. Every other URL keeps its origin.
 *
 * @param asked the origin of the request
 */
export function meantOrigin(url: URL, asked: string): string {
  if (url.protocol !== 'http:' || !asked.startsWith('https:')) {
    return url.origin;
  }
  const own = new URL(asked);
  // A URL has no port when it is the scheme's default: 80 in `url`, 443 in `own`.
  const samePort = url.port === '' || url.port === (own.port === '' ? '443' : own.port);
  return samePort && url.hostname === own.hostname ? own.origin : url.origin;
}
