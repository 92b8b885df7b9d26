import { ProxyError } from '../../proxy.errors';
import { decodeBytes } from '../../upstream/percent-escapes';

/** RFC 3986 §2 without the backslash, which some servers take for a slash. */
const SAFE = /^\/[\x21\x22\x24-\x3e\x40-\x5b\x5d-\x7e]*$/;

/**
 * Refuses a path that an HTTP service could read as leading out of itself; every other path goes on byte for byte
 * (security rule C5 path confusion). A segment counts as `.` or `..` also in escapes, between escaped slashes, and before
 * a path parameter (`..;x`, which servlet containers cut off).
 *
 * @throws ProxyError PathInvalid
 */
export function checkHttpPath(path: string): void {
  if (!SAFE.test(path)) {
    throw new ProxyError('PathInvalid', 'the path may hold only visible ASCII characters, and no backslash');
  }
  const segments = decodeBytes(path).split(/[/\\]/);
  if (segments.some((segment) => /^\.{1,2}(?:;|$)/.test(segment))) {
    throw new ProxyError('PathInvalid', 'the path may hold no . or .. segment, also not in escapes');
  }
}
