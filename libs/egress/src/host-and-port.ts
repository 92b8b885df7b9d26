/** Where a connection goes. */
export interface HostAndPort {
  /** DNS name or address; an IPv6 address without brackets. */
  host: string;
  port: number;
}

/** Of an http or https URL; the scheme's own port where it names none (RFC 9110 §4.2). */
export function hostAndPort({ hostname, port, protocol }: URL): HostAndPort {
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || (protocol === 'https:' ? 443 : 80) };
}

/** HOST:PORT, as people write it. */
export function formatHostAndPort({ host, port }: HostAndPort): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
