import { age } from './age';

const NOW = Date.parse('2026-06-01T00:00:00Z');
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

describe('age', () => {
  it.each([
    [-5 * SECOND, '0s'],
    [119 * SECOND, '119s'],
    [2 * MINUTE, '2m'],
    [5 * MINUTE + 12 * SECOND, '5m12s'],
    [10 * MINUTE + 12 * SECOND, '10m'],
    [3 * HOUR, '3h'],
    [7 * HOUR + 5 * MINUTE, '7h5m'],
    [47 * HOUR, '47h'],
    [2 * DAY + HOUR, '2d1h'],
    [8 * DAY + HOUR, '8d'],
    [2 * 365 * DAY, '2y'],
    [3 * 365 * DAY + DAY, '3y1d'],
    [9 * 365 * DAY, '9y'],
  ])('of %d ms is %s', (milliseconds, text) => {
    expect(age(new Date(NOW - milliseconds).toISOString(), NOW)).toBe(text);
  });

  it('of an absent time is <unknown>', () => {
    expect(age(undefined, NOW)).toBe('<unknown>');
  });
});
