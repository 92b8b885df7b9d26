import { contentLength, type FramingHeaders, hasContent } from './request-content';

describe('the content of a request', () => {
  it.each<[FramingHeaders, boolean, number | undefined]>([
    [{}, false, undefined],
    [{ 'content-length': '0' }, false, 0],
    [{ 'content-length': '5' }, true, 5],
    [{ 'transfer-encoding': 'chunked' }, true, undefined],
  ])('with the headers %o', (headers, expected, length) => {
    expect([hasContent(headers), contentLength(headers)]).toEqual([expected, length]);
  });
});
