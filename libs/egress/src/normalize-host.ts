/**
 * Normalizes a host for all later steps: lower case, no brackets, no trailing dot, addresses in their usual notation (`0x7f.1`,
 * `2130706433` and `0177.0.0.1` are all `127.0.0.1`, as for the system's resolver). Returns undefined for a text that is not a host, for
 * example with white space, a port, user info or a zone.
 */
export function normalizeHost(host: string): string | undefined {
  const bracketed = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  if (!/^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])$/.test(bracketed) || !URL.canParse(`http://${bracketed}/`)) {
    return undefined;
  }
  const { hostname } = new URL(`http://${bracketed}/`);
  return hostname.replace(/^\[|\]$|\.$/g, '') || undefined;
}
