import { quoted, visible } from './quoted';

const at = (...points: number[]): string => String.fromCodePoint(...points);

describe('quoted', () => {
  it.each<[string, string, string]>([
    ['a plain text', 'hub', '"hub"'],
    ['letters of other scripts', 'häfen 港 🐳', '"häfen 港 🐳"'],
    ['an empty text', '', '""'],
    ['quotes and backslashes', 'a"b\\c', '"a\\"b\\\\c"'],
    ['line breaks and tabs', 'a\r\nb\tc', '"a\\r\\nb\\tc"'],
    ['a terminal’s escape', 'a\u001b[31m', '"a\\u001b[31m"'],
    ['DEL and C1 controls', 'a\u007f\u0085\u009bb', '"a\\u007f\\u0085\\u009bb"'],
    ['line and paragraph separators', 'a\u2028b\u2029', '"a\\u2028b\\u2029"'],
    ['a tag', at(0xe0041), '"\\udb40\\udc41"'],
    ['a variation selector of the second plane', at(0x61, 0xe0100), '"a\\udb40\\udd00"'],
    ['a lone surrogate', 'a\ud800b', '"a\\ud800b"'],
    ['a character of private use', at(0xe000), '"\\ue000"'],
  ])('%s', (_name, text, expected) => {
    expect(quoted(text)).toBe(expected);
    expect(JSON.parse(quoted(text))).toBe(text);
  });

  it.each([
    ...[0x200e, 0x200f, 0x061c, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069],
    ...[0x200b, 0x200c, 0x200d, 0x2060, 0x2061, 0x2064, 0xfeff, 0x00ad, 0x034f, 0x180e, 0xfffc - 1, 0x206a, 0x206f],
    ...[0x00a0, 0x2000, 0x200a, 0x202f, 0x205f, 0x3000, 0x1680, 0x2800, 0x3164, 0xffa0, 0x115f, 0x1160, 0xfe0f],
  ])('escapes the invisible character U+%i', (point) => {
    expect(quoted(`a${at(point)}b`)).toBe(`"a\\u${point.toString(16).padStart(4, '0')}b"`);
    expect(visible(`a${at(point)}b`, 20)).toBe(`a\\u${point.toString(16).padStart(4, '0')}b`);
  });

  it('limits the length, and does not split a character', () => {
    expect(quoted('x'.repeat(100))).toBe(`"${'x'.repeat(100)}"`);
    expect(quoted('x'.repeat(101))).toBe(`"${'x'.repeat(100)}…"`);
    expect(quoted('🐳'.repeat(100))).toBe(`"${'🐳'.repeat(100)}"`);
    expect(quoted('🐳'.repeat(1_000))).toBe(`"${'🐳'.repeat(100)}…"`);
    expect(quoted('abc', 2)).toBe('"ab…"');
    expect(visible('abc', 2)).toBe('ab…');
    expect(visible('\u202e'.repeat(5_000), 100)).toBe(`${'\\u202e'.repeat(17).slice(0, 100)}…`);
    expect(visible('🐳'.repeat(5_000), 100)).toBe(`${'🐳'.repeat(100)}…`);
  });
});
