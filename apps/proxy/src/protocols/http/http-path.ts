import { ProxyError } from '../../proxy.errors';
import { decodeBytes } from '../../upstream/percent-escapes';

/** The characters of RFC 3986 §2, without the backslash, which some servers read as a slash. */
const SAFE = /^\/[\x21\x22\x24-\x3e\x40-\x5b\x5d-\x7e]*$/;

/**
 * Refuses a path with a segment that an HTTP service could read as `.` or `..`; every other path is forwarded byte for byte
 * (security rule C5 path confusion). Such a segment may be written in escapes, between escaped slashes, or before a path
 * parameter (`..;x`, which servlet containers remove).
 *
 * @throws ProxyError PathInvalid when the path contains such a segment, or a character that is not allowed
 */
export function checkHttpPath(path: string): void {
  if (!SAFE.test(path)) {
    throw new ProxyError('PathInvalid', 'the path may contain only visible ASCII characters, and no backslash');
  }
  const segments = decodeBytes(path).split(/[/\\]/);
  if (segments.some((segment) => /^\.{1,2}(?:;|$)/.test(segment))) {
    throw new ProxyError('PathInvalid', 'the path may not contain a . or .. segment, not even escaped');
  }
}
