import { parseRetryAfter } from './retry-after';

const NOW = Date.parse('2026-01-02T03:04:05Z');

describe('parseRetryAfter', () => {
  it.each([
    [undefined, undefined],
    ['', undefined],
    ['soon', undefined],
    ['7', 7_000],
    [' 7 ', 7_000],
    ['0', 0],
    ['999999999', 3_600_000],
    ['99999999999999', 3_600_000],
    [new Date(NOW + 9_000).toUTCString(), 9_000],
    [new Date(NOW - 9_000).toUTCString(), 0],
    ['Friday, 02-Jan-26 03:04:14 GMT', 9_000],
    ['Fri Jan  2 03:04:14 2026', 9_000],
    [['1', '2'], undefined],
  ])('%j', (header, expected) => {
    expect(parseRetryAfter(header, NOW)).toBe(expected);
  });

  it.each([
    '1.5',
    '10, 20',
    '10,20',
    '-5',
    '+5',
    '1e3',
    '0x10',
    '5s',
    '5 seconds',
    '2026-01-02T03:04:14Z',
    'Jan 2',
    'NaN',
    'Infinity',
    '١',
  ])('ignores %j, which is neither an integer nor a date', (header) => {
    expect(parseRetryAfter(header, NOW)).toBeUndefined();
  });
});
