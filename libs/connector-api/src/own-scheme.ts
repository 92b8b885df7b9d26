/**
 * The origin that a server means by a URL on its own host. Behind a load balancer that ends TLS, a registry believes that it is
 * asked over http and says so in Locations, redirects, Links and realms. Where the host is the one that was asked over https, and
 * the port is http's default or the one that was asked, the same origin is meant. Every other URL keeps its origin.
 *
 * @param asked the https origin that the URL may lead back to
 */
export function meantOrigin(url: URL, asked: string): string {
  if (url.protocol !== 'http:' || !asked.startsWith('https:')) {
    return url.origin;
  }
  const own = new URL(asked);
  // A URL has no port where it is the scheme's default: 80 here, 443 there.
  const samePort = url.port === '' || url.port === (own.port === '' ? '443' : own.port);
  return samePort && url.hostname === own.hostname ? own.origin : url.origin;
}
