import { type BodyConsumer } from '../../transfer/body';
import { type BodyRewrite } from '../protocol';
import { type ResponseHeaders } from '../../upstream/response-headers';
import { NameReplacement } from './name-replacement';

/**
 * Creates the rewrite that puts the client's name of the repository into a tag list while it streams (distribution-spec, "Listing Tags":
 * `name` is the name in the request).
 *
 * @returns undefined for a response that is not plain JSON, which passes unchanged
 */
export function tagListRewrite(status: number, headers: ResponseHeaders, name: string): BodyRewrite | undefined {
  const type = String(headers['content-type'] ?? '').toLowerCase();
  const encoding = String(headers['content-encoding'] ?? 'identity').toLowerCase();
  if (status !== 200 || encoding !== 'identity' || !/^application\/(?:[^;]*\+)?json\s*(?:;|$)/.test(type)) {
    return undefined;
  }
  return (next) => renaming(name, next);
}

function renaming(name: string, next: BodyConsumer): BodyConsumer {
  const replacement = new NameReplacement(JSON.stringify(name));
  return {
    chunk: (piece) => {
      let wantsMore = true;
      for (const renamed of replacement.feed(piece)) {
        wantsMore = next.chunk(renamed);
      }
      return wantsMore;
    },
    end: () => next.end(),
    fail: (error) => next.fail(error),
  };
}
