/** A peer may not make us wait longer than this before we ask again. */
const MAX_RETRY_AFTER_MS = 5 * 60_000;

/**
 * Retry-After (RFC 9110 §10.2.3: seconds or an HTTP date) in milliseconds from now, between 0 and five minutes;
 * undefined when absent or malformed.
 */
export function parseRetryAfter(header: string | string[] | undefined, now: number): number | undefined {
  if (typeof header !== 'string') return undefined;
  const delay = /^\d{1,9}$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isNaN(delay) ? undefined : Math.min(Math.max(delay, 0), MAX_RETRY_AFTER_MS);
}
