/**
 * A host as every later step sees it: lower case, no brackets, no trailing dot, addresses in their one usual notation
 * (`0x7f.1`, `2130706433` and `0177.0.0.1` are all `127.0.0.1`, as they are for the system's resolver). Undefined for
 * what is no host: white space, a port, user info, a zone.
 */
export function normalizeHost(host: string): string | undefined {
  const bracketed = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  if (!/^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])$/.test(bracketed) || !URL.canParse(`http://${bracketed}/`)) {
    return undefined;
  }
  const { hostname } = new URL(`http://${bracketed}/`);
  return hostname.replace(/^\[|\]$|\.$/g, '') || undefined;
}
