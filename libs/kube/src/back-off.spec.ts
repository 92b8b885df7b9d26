import fc from 'fast-check';
import { BackOff } from './back-off';

describe('BackOff', () => {
  it('doubles up to its maximum and starts again when reset', () => {
    const backOff = new BackOff({ initialMs: 100, maxMs: 1000, random: () => 0 });
    expect([1, 2, 3, 4, 5, 6].map(() => backOff.next())).toEqual([100, 200, 400, 800, 1000, 1000]);
    backOff.reset();
    expect(backOff.next()).toBe(100);
  });

  it('is never shorter than its first delay nor longer than one and a half of its maximum', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { maxLength: 200 }), (randoms) => {
        const numbers = [...randoms];
        const backOff = new BackOff({ initialMs: 100, maxMs: 1000, random: () => numbers.shift() ?? 0 });
        for (const delay of randoms.map(() => backOff.next())) {
          expect(delay).toBeGreaterThanOrEqual(100);
          expect(delay).toBeLessThanOrEqual(1500);
        }
      }),
    );
  });
});
