/** RFC 9110 §15.4; 300 and 304 are no redirects in this sense. */
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Whether the status sends the client to the place in Location (RFC 9110 §15.4.2 to §15.4.4, §15.4.8 and §15.4.9). */
export function isRedirect(status: number): boolean {
  return REDIRECTS.has(status);
}
