/** Longest delay, in milliseconds, whatever a peer sends: some send dates of next year. */
const MAX_RETRY_AFTER_MS = 60 * 60_000;

/** RFC 9110 §10.2.3, `delay-seconds`: only digits. The delay is limited anyway, so more digits are not needed. */
const SECONDS = /^\d{1,20}$/;

/**
 * RFC 9110 §5.6.7: IMF-fixdate and the two obsolete forms. `Date.parse` alone accepts nearly any text as a date: `1.5` is a day in
 * 2001, and so would mean "immediately".
 */
const HTTP_DATE =
  /^(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT|[A-Z][a-z]{5,8}, \d{2}-[A-Z][a-z]{2}-\d{2} \d{2}:\d{2}:\d{2} GMT|[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4})$/;

/**
 * Parses Retry-After (RFC 9110 §10.2.3: seconds or an HTTP date). Returns milliseconds from now, between 0 and one hour. Returns
 * undefined when the header is absent or invalid, such as `1.5`, `-1` or `10, 20`.
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
  // The asctime form has no time zone and means UTC.
  const date = HTTP_DATE.test(text) ? Date.parse(text.endsWith('GMT') ? text : `${text} GMT`) : NaN;
  return Number.isNaN(date) ? undefined : date - now;
}
