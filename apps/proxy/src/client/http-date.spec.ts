import { HttpDate } from './http-date';

it('formats the time to the second', () => {
  let now = Date.UTC(2026, 10, 30, 8, 49, 37, 999);
  const date = new HttpDate({ now: () => now });
  expect(date.text).toBe('Mon, 30 Nov 2026 08:49:37 GMT');
  now += 1;
  expect(date.text).toBe('Mon, 30 Nov 2026 08:49:38 GMT');
  now -= 3_600_000;
  expect(date.text).toBe('Mon, 30 Nov 2026 07:49:38 GMT');
});
