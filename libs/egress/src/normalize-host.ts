/** A name of the DNS without its trailing dot has at most 253 characters, and each label 1 to 63 (RFC 1035 §2.3.4). An address fits, too. */
const HOST = /^(?=.{1,253}$)[^.]{1,63}(?:\.[^.]{1,63})*$/;

/** The longest text of a host: a name with a trailing dot. Longer ones are not parsed. In characters. */
const MAX_LENGTH = 254;

/**
 * Normalizes a host for all later steps: lower case, no brackets, no trailing dot, addresses in their usual notation (`0x7f.1`,
 * `2130706433` and `0177.0.0.1` are all `127.0.0.1`, as for the system's resolver). Returns undefined for a text that is not a host, for
 * example with white space, a port, user info or a zone, or a name that is too long: hosts are in logs, in messages and keys of caches.
 */
export function normalizeHost(host: string): string | undefined {
  if (host.length > MAX_LENGTH) {
    return undefined;
  }
  const bracketed = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  if (!/^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])$/.test(bracketed) || !URL.canParse(`http://${bracketed}/`)) {
    return undefined;
  }
  const normalized = new URL(`http://${bracketed}/`).hostname.replace(/^\[|\]$|\.$/g, '');
  return HOST.test(normalized) ? normalized : undefined;
}
