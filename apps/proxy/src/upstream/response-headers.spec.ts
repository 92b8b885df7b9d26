import { relayedHeaders } from './response-headers';

describe('the headers of a response', () => {
  it.each([
    ['a transfer coding below chunked', 200, { 'transfer-encoding': 'gzip, chunked' }],
    ['several transfer codings', 200, { 'transfer-encoding': ['chunked', 'chunked'] }],
    ['a list of lengths', 200, { 'content-length': '5, 5' }],
    ['a length beyond 2^53', 200, { 'content-length': '9007199254740993' }],
    ['several lengths', 200, { 'content-length': ['5', '6'] }],
    ['a status that does not exist', 999, {}],
    ['407, which only a proxy may send', 407, { 'proxy-authenticate': 'Basic realm="x"' }],
  ])('cannot be relayed with %s', (_name, status, headers) => {
    expect(() => relayedHeaders(status, headers)).toThrow(expect.objectContaining({ code: 'UpstreamInvalid' }) as Error);
  });

  it('do not contain the framing of the upstream', () => {
    expect(relayedHeaders(200, { 'transfer-encoding': 'Chunked', 'content-length': '5', etag: 'x' })).toEqual({ etag: 'x' });
    expect(relayedHeaders(200, { 'content-length': '5' })).toEqual({ 'content-length': '5' });
    expect(relayedHeaders(204, { 'content-length': '5' })).toEqual({});
  });
});
