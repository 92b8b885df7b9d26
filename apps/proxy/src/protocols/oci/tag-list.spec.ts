import { NameReplacement } from './name-replacement';
import { tagListRewrite } from './tag-list';

const JSON_TYPE = { 'content-type': 'application/json' };

/** Sends the list in chunks of each size up to seven bytes, and expects the same result. */
function transform(body: string): string {
  const bytes = Buffer.from(body);
  const results = [1, 2, 3, 7, bytes.length + 1].map((size) => {
    const replacement = new NameReplacement('"ours/app"');
    const pieces: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += size) {
      pieces.push(...replacement.feed(bytes.subarray(at, at + size)));
    }
    return Buffer.concat(pieces).toString();
  });
  expect(new Set(results).size).toBe(1);
  return results[0] ?? '';
}

describe('tagListRewrite', () => {
  it.each([
    [
      '{"name": "app", "tags": ["b", "a", null], "x": {"name": "app"}}',
      '{"name": "ours/app", "tags": ["b", "a", null], "x": {"name": "app"}}',
    ],
    ['{"tags":["a"],"name":"app"}', '{"tags":["a"],"name":"ours/app"}'],
    [' {\r\n\t"tags" : [ ] ,\n"name" : "app" }\n', ' {\r\n\t"tags" : [ ] ,\n"name" : "ours/app" }\n'],
    ['{"a":{"name":"b","c":[{"name":1}]},"name":"app"}', '{"a":{"name":"b","c":[{"name":1}]},"name":"ours/app"}'],
    ['{"a":"\\"name\\":\\\\","name":"a\\"p\\\\"}', '{"a":"\\"name\\":\\\\","name":"ours/app"}'],
    ['{"n\\u0061m\\u0065":"app"}', '{"n\\u0061m\\u0065":"ours/app"}'],
    ['{"\\u006e\\u0061\\u006d\\u0065":"app"}', '{"\\u006e\\u0061\\u006d\\u0065":"ours/app"}'],
    ['{"name":null,"tags":null}', '{"name":"ours/app","tags":null}'],
    ['{"tags":[],"name":17}', '{"tags":[],"name":"ours/app"}'],
    ['{"name":{"a":["}"]},"tags":[]}', '{"name":"ours/app","tags":[]}'],
    ['{"ñame":"ü","tags":["é"],"name":"ü"}', '{"ñame":"ü","tags":["é"],"name":"ours/app"}'],
  ])('replaces the name and keeps every other byte of %s', (body, expected) => {
    expect(transform(body)).toBe(expected);
  });

  it('tag lists keep large numbers', () => {
    expect(transform('{"size":12345678901234567890.10,"tags":[],"e":1E400,"name":"app"}')).toBe(
      '{"size":12345678901234567890.10,"tags":[],"e":1E400,"name":"ours/app"}',
    );
  });

  it.each([
    '',
    'no JSON',
    '[]',
    'null',
    '"name"',
    '{"tags":[]}',
    '{}',
    '{"tags":[]},"name":"x"',
    '[{"name":"x"}]',
    '{name:"x"}',
    '{"a" "name":"x"}',
    '{"a":1 "name":"x"}',
    '{"x":"name"}',
    '{"name"',
    '\ufeff{"name":"x"}',
  ])('passes %j unchanged', (body) => {
    expect(transform(body)).toBe(body);
  });

  it('keeps no part of a list in memory, even if it is long or deeply nested', () => {
    const replacement = new NameReplacement('"ours/app"');
    const sizeOf = (pieces: Buffer[]): number => pieces.reduce((total, { length }) => total + length, 0);
    for (const text of [`{"tags":${'['.repeat(100_000)}`, '"x",'.repeat(50_000), `"${'\\'.repeat(100_000)}`, 'a'.repeat(100_000)]) {
      expect(sizeOf(replacement.feed(Buffer.from(text)))).toBe(text.length);
    }
    const long = new NameReplacement('"ours/app"');
    long.feed(Buffer.from(`{"${'k'.repeat(100_000)}":1,"name":"`));
    expect(sizeOf(long.feed(Buffer.alloc(100_000, 'v')))).toBe(0);
    expect(Buffer.concat(long.feed(Buffer.from('"}'))).toString()).toBe('}');
  });

  it('replaces the name while the list streams, and passes on the pauses of the client', () => {
    const pieces: Buffer[] = [];
    let wantsMore = true;
    const next = {
      chunk: (piece: Buffer) => {
        pieces.push(piece);
        return wantsMore;
      },
      end: jest.fn(),
      fail: jest.fn(),
    };
    const list = tagListRewrite(200, JSON_TYPE, 'ours/"app"')?.(next);
    expect(list?.chunk(Buffer.from('{"na'))).toBe(true);
    expect(Buffer.concat(pieces).toString()).toBe('{"na');
    wantsMore = false;
    expect(list?.chunk(Buffer.from('me":"app"}'))).toBe(false);
    expect(Buffer.concat(pieces).toString()).toBe('{"name":"ours/\\"app\\""}');
    expect(next.end).not.toHaveBeenCalled();
    list?.end();
    expect([next.end.mock.calls.length, next.fail.mock.calls.length]).toEqual([1, 0]);
    const broken = new Error('broken off');
    list?.fail(broken);
    expect(next.fail).toHaveBeenCalledWith(broken);
  });

  it.each([
    ['an error', 404, JSON_TYPE],
    ['a partial response', 206, JSON_TYPE],
    ['no type', 200, {}],
    ['another type', 200, { 'content-type': 'text/html; x=application/json' }],
    ['a compressed list', 200, { ...JSON_TYPE, 'content-encoding': 'gzip' }],
  ])('does not rewrite %s', (_, status, headers) => {
    expect(tagListRewrite(status, headers, 'ours/app')).toBeUndefined();
  });

  it.each(['application/json', 'Application/JSON; charset=utf-8', 'application/vnd.x+json'])('rewrites %s', (type) => {
    expect(tagListRewrite(200, { 'content-type': type, 'content-encoding': 'identity' }, 'x')).toBeDefined();
  });
});
