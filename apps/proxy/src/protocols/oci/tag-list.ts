import { type BodyConsumer } from '../../transfer/body';
import { type BodyRewrite } from '../protocol';
import { type ResponseHeaders } from '../../upstream/response-headers';
import { NameReplacement } from './name-replacement';

/**
 * Puts the repository's name as the client knows it into a tag list (distribution-spec, "Listing Tags": `name` is the
 * name of the request), while it streams.
 *
 * @returns undefined for an answer that is no plain JSON, which then passes as it is
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
