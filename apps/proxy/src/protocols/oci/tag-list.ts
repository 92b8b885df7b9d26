import { type BodyRewrite, type ResponseHeaders } from '../protocol';

/**
 * Longest tag list that is read. A tag has at most 128 characters, so this holds at least 60,000 tags in one page, and at
 * typical lengths several times as many; whoever has more pages with `n=`. Two of these are in memory per request.
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

function renameTagList(body: Buffer, name: string): Buffer {
  const list = parse(body.toString('utf8'));
  if (typeof list !== 'object' || list === null || Array.isArray(list) || !('name' in list)) return body;
  return Buffer.from(JSON.stringify({ ...list, name }));
}

/** The value, or undefined for what is not JSON: that is between the client and the registry. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
