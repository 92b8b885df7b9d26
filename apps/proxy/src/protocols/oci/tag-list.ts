import { type BodyRewrite } from '../protocol';
import { type ResponseHeaders } from '../../transport/upstream-transport';

/**
 * Longest tag list that is read. A tag has at most 128 characters, so this holds at least 60,000 tags in one page, and at
 * typical lengths several times as many; whoever has more pages with `n=`. The list is not parsed but for its beginning.
 */
const MAX_TAG_LIST_BYTES = 8 * 1024 * 1024;

/**
 * Puts the repository's name as the client knows it into a tag list (distribution-spec, "Listing Tags": `name` is the
 * name of the request).
 *
 * @returns undefined for an answer that is no plain JSON, which then passes as it is
 */
export function tagListRewrite(status: number, headers: ResponseHeaders, name: string): BodyRewrite | undefined {
  const type = String(headers['content-type'] ?? '').toLowerCase();
  const encoding = String(headers['content-encoding'] ?? 'identity').toLowerCase();
  if (status !== 200 || encoding !== 'identity' || !/^application\/(?:[^;]*\+)?json\s*(?:;|$)/.test(type)) return undefined;
  return { maxBytes: MAX_TAG_LIST_BYTES, transform: (body) => renameTagList(body, name) };
}

/** Longest list that is parsed, where the name does not come first: a parsed list may take fifty times its bytes. */
const MAX_PARSED_BYTES = 1024 * 1024;

/** The name at the beginning, where every registry that is known writes it; its own length is bounded by the specification. */
const NAME_FIRST = /^\s*\{\s*"name"\s*:\s*"(?:[^"\\]|\\.){0,1024}"/;

function renameTagList(body: Buffer, name: string): Buffer {
  const [head] = NAME_FIRST.exec(body.toString('utf8', 0, 4096)) ?? [];
  if (head !== undefined) return Buffer.concat([Buffer.from(`{"name":${JSON.stringify(name)}`), body.subarray(Buffer.byteLength(head))]);
  if (body.length > MAX_PARSED_BYTES) return body;
  const list = parse(body.toString('utf8'));
  if (typeof list !== 'object' || list === null || Array.isArray(list) || !('name' in list)) return body;
  return Buffer.from(JSON.stringify({ ...list, name }));
}

/** The value, or undefined for what is not JSON: that is between the client and the registry. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // RangeError: nested deeper than any list of tags.
    if (error instanceof SyntaxError || error instanceof RangeError) return undefined;
    throw error;
  }
}
