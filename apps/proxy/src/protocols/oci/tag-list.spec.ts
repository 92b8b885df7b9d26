import { tagListRewrite } from './tag-list';

const JSON_TYPE = { 'content-type': 'application/json' };

function transform(body: string): string {
  return String(tagListRewrite(200, JSON_TYPE, 'ours/app')?.transform(Buffer.from(body)));
}

describe('tagListRewrite', () => {
  it('puts in the name and leaves everything else, in its order', () => {
    expect(transform('{"name": "app", "tags": ["b", "a", null], "x": {"name": "app"}}')).toBe(
      '{"name":"ours/app", "tags": ["b", "a", null], "x": {"name": "app"}}',
    );
  });

  it('finds the name where it does not come first', () => {
    expect(transform('{"tags":["a"],"name":"app"}')).toBe('{"tags":["a"],"name":"ours/app"}');
  });

  it('neither parses nor fails on a list that is nested without end, or long in another order', () => {
    const deep = `{"tags":${'['.repeat(500_000)}`;
    const long = `{"tags":[${'[],'.repeat(1_000_000)}[]],"name":"app"}`;
    expect(transform(deep) === deep).toBe(true);
    expect(transform(long) === long).toBe(true);
  });

  it.each(['', 'no JSON', '[]', 'null', '"name"', '{"tags":[]}'])('leaves %j alone', (body) => {
    expect(transform(body)).toBe(body);
  });

  it.each([
    ['an error', 404, JSON_TYPE],
    ['a part', 206, JSON_TYPE],
    ['no type', 200, {}],
    ['another type', 200, { 'content-type': 'text/html; x=application/json' }],
    ['a compressed list', 200, { ...JSON_TYPE, 'content-encoding': 'gzip' }],
  ])('streams %s', (_, status, headers) => {
    expect(tagListRewrite(status, headers, 'ours/app')).toBeUndefined();
  });

  it.each(['application/json', 'Application/JSON; charset=utf-8', 'application/vnd.x+json'])('reads %s, up to 8 MiB', (type) => {
    expect(tagListRewrite(200, { 'content-type': type, 'content-encoding': 'identity' }, 'x')?.maxBytes).toBe(8 * 1024 * 1024);
  });
});
