import { decodeBytes, escapeBytes, hasDotSegment } from './percent-escapes';

describe('percent escapes', () => {
  it.each([
    ['a%2Fb%c3%a9', 'a/b\u00c3\u00a9'],
    ['%', '%'],
    ['%2', '%2'],
    ['%zz%41', '%zzA'],
    ['%ff%fe', '\u00ff\u00fe'],
    ['plain', 'plain'],
  ])('reads %s byte by byte', (text, expected) => {
    expect(decodeBytes(text)).toBe(expected);
  });

  it('escapes only the bytes that a request line cannot contain', () => {
    expect(escapeBytes('/a b/\u00c3\u00bc%c3%BC%2f+"<>|\'~')).toBe('/a%20b/%C3%BC%c3%BC%2f+"<>|\'~');
  });

  it('runs in linear time without throwing for any number of invalid escapes (escapes that block the event loop)', () => {
    const decode = jest.spyOn(globalThis, 'decodeURIComponent');
    const hostile = '%&'.repeat(31_000);
    expect(decodeBytes(hostile)).toBe(hostile);
    expect(hasDotSegment(`/${'%25'.repeat(20_000)}${'%2525'.repeat(10_000)}`)).toBe(false);
    expect(decode).not.toHaveBeenCalled();
    decode.mockRestore();
  });

  it.each([
    ...['/..', '/../a', '/a/./b', '/a/..;x=y/b', '/%2e%2e/a', '/%2E./a', '/..%2fa', '/a%2f..', '/a%5c..%5cb', '/..\\a', '/%252e%252e/a'],
    ...[
      '/..%252fa',
      '/%25252e%25252e',
      '/%c0%ae%c0%ae/a',
      '/..%c0%afa',
      '/..%c1%9ca',
      '/%25c0%25ae./a',
      '/%u002e%u002e/a',
      '/..%3bx',
      '/..%00',
      '/a%2F.',
    ],
  ])('C5 path confusion: sees a dot segment in %s', (path) => {
    expect(hasDotSegment(path)).toBe(true);
  });

  it.each(['/', '/a..b/.c', '/...', '/a%2eb', '/%2e%2e%2e', '/a/..b', '/a%2Fb%2fc', '/@scope%2fname', '/%25', '/a%20..'])(
    'sees none in %s',
    (path) => {
      expect(hasDotSegment(path)).toBe(false);
    },
  );
});
