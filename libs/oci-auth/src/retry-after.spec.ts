import { parseRetryAfter } from './retry-after';

const NOW = Date.parse('2026-01-02T03:04:05Z');

describe('parseRetryAfter', () => {
  it.each([
    [undefined, undefined],
    ['', undefined],
    ['soon', undefined],
    ['7', 7_000],
    ['0', 0],
    ['999999999', 300_000],
    [new Date(NOW + 9_000).toUTCString(), 9_000],
    [new Date(NOW - 9_000).toUTCString(), 0],
    [['1', '2'], undefined],
  ])('%j', (header, expected) => {
    expect(parseRetryAfter(header, NOW)).toBe(expected);
  });
});
