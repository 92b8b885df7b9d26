import { type HttpProbe, type UpstreamAddress } from '@oci-connector/connector-api';

/** The request of a probe. */
export interface HttpProbeRequest {
  readonly url: URL;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
}

/** Whether the probe has a Go template, which this version stores but does not evaluate. */
export function hasTemplate(probe: HttpProbe): boolean {
  return [probe.path, ...(probe.httpHeaders ?? []).map(({ value }) => value)].some((text) => text.includes('{{'));
}

/**
 * Returns the request of a probe: path, host and scheme of the class, completed by the Connector's address without its path prefix.
 *
 * @throws TypeError when they are not a valid URL on that host
 */
export function probeRequest(probe: HttpProbe, address: UpstreamAddress): HttpProbeRequest {
  const origin = probeOrigin(probe, address);
  // Joined as text, so that a path such as `//other.example` stays a path.
  const url = new URL(`${origin}${probe.path.startsWith('/') ? '' : '/'}${probe.path}`);
  if (url.origin !== new URL(origin).origin) {
    throw new TypeError('the path of the probe leads to another host');
  }
  const headers = Object.fromEntries((probe.httpHeaders ?? []).map(({ name, value }) => [name.toLowerCase(), value]));
  return { url, method: probe.method ?? 'GET', headers };
}

/** With another scheme than the address, the port of the address does not apply; the scheme's default port is used. */
function probeOrigin({ scheme, host }: HttpProbe, address: UpstreamAddress): string {
  const base = new URL(address.origin);
  const changed = scheme !== undefined && scheme !== address.scheme;
  const authority = host ?? (changed ? base.hostname : base.host);
  return `${scheme ?? address.scheme}://${authority}`;
}
