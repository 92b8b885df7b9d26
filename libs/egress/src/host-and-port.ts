/** The target of a connection. */
export interface HostAndPort {
  /** DNS name or address; an IPv6 address without brackets. */
  host: string;
  port: number;
}

/** Returns host and port of an http or https URL; the scheme's default port when it names none (RFC 9110 §4.2). */
export function hostAndPort({ hostname, port, protocol }: URL): HostAndPort {
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || (protocol === 'https:' ? 443 : 80) };
}

/** Formats `HOST:PORT`, with an IPv6 address in brackets. */
export function formatHostAndPort({ host, port }: HostAndPort): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
