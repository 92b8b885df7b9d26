/** Nobody has to wait longer than this, whatever a peer says: some send dates of next year. */
const MAX_RETRY_AFTER_MS = 60 * 60_000;

/** RFC 9110 §10.2.3, `delay-seconds`: digits alone. What is longer than this is capped anyway. */
const SECONDS = /^\d{1,20}$/;

/**
 * RFC 9110 §5.6.7: IMF-fixdate, and the two obsolete forms. `Date.parse` alone takes nearly everything for a date: `1.5` is
 * a day in 2001, and so would mean "at once".
 */
const HTTP_DATE =
  /^(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT|[A-Z][a-z]{5,8}, \d{2}-[A-Z][a-z]{2}-\d{2} \d{2}:\d{2}:\d{2} GMT|[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4})$/;

/**
 * Retry-After (RFC 9110 §10.2.3: seconds or an HTTP date) in milliseconds from now, between 0 and an hour;
 * undefined when absent or anything else, such as `1.5`, `-1` or `10, 20`.
 */
export function parseRetryAfter(header: string | string[] | undefined, now: number): number | undefined {
  if (typeof header !== 'string') {
    return undefined;
  }
  const text = header.trim();
  const delay = SECONDS.test(text) ? Number(text) * 1000 : fromDate(text, now);
  return delay === undefined ? undefined : Math.min(Math.max(delay, 0), MAX_RETRY_AFTER_MS);
}

function fromDate(text: string, now: number): number | undefined {
  // asctime has no zone in it, and means UTC.
  const date = HTTP_DATE.test(text) ? Date.parse(text.endsWith('GMT') ? text : `${text} GMT`) : NaN;
  return Number.isNaN(date) ? undefined : date - now;
}
