import * as fc from 'fast-check';
import { checkHttpPath } from './http-path';

function passes(path: string): boolean {
  try {
    checkHttpPath(path);
    return true;
  } catch {
    return false;
  }
}

describe('checkHttpPath', () => {
  it.each([
    '/',
    '/a//b/',
    '/a%2Fb%2fc',
    '/%00%ff%zz%',
    '/...',
    '/.a/a./..b/b..',
    '/a;b=c/@scope%2fpkg/-/x.tgz',
    '/%252e%252e/x',
    '/a\'b"c<d>e{f}g|h^i`j~k',
  ])('accepts %s', (path) => {
    expect(() => checkHttpPath(path)).not.toThrow();
  });

  it.each([
    '/.',
    '/..',
    '/a/../b',
    '/a/./b',
    '/a/..',
    '/%2e',
    '/%2E%2e/b',
    '/.%2e/b',
    '/a%2f..%2fb',
    '/a%2F%2e%2E',
    '/a%5c..%5Cb',
    '/..;/b',
    '/a/..;x=1/b',
    '/a/%2e%2e%3bx',
    '/a\\b',
    '/a\tb',
    '/a\nb',
    '/a\0b',
    '/a\x7fb',
    '/a b',
    '/ä',
    '/a?b',
    '/a#b',
    '',
    'a/b',
  ])('C5 path confusion: refuses %j', (path) => {
    expect(() => checkHttpPath(path)).toThrow(expect.objectContaining({ code: 'PathInvalid', status: 400 }) as Error);
  });

  it('C5 path confusion: accepts no path that a decoding parser resolves to another place', () => {
    const piece = fc.constantFrom('a', '.', '..', '%2e', '%2E', '%2f', '%2F', '/', '//', '%5c', ';', '%3b', 'x;y', '%', '%25', '%2');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 10 }), (pieces) => {
        const path = `/${pieces.join('')}`;
        if (!passes(path)) {
          return;
        }
        const decoded = path.replace(/%2e/gi, '.').replace(/%2f/gi, '/').replace(/%5c/gi, '/');
        // A URL parser that resolves dot segments finds none.
        expect(new URL(`http://r.example/root${decoded}`).pathname.startsWith('/root/')).toBe(true);
        expect(new URL(`http://r.example${path}`).pathname).toBe(path);
      }),
      { numRuns: 2_000 },
    );
  });
});
