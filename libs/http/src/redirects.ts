/** Statuses of RFC 9110 §15.4, except 300 and 304, which do not redirect a client automatically. */
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Reports whether the status redirects the client to the Location (RFC 9110 §15.4.2 to §15.4.4, §15.4.8 and §15.4.9). */
export function isRedirect(status: number): boolean {
  return REDIRECTS.has(status);
}
