import { ByteBudget } from './byte-budget';

describe('ByteBudget', () => {
  it('gives no owner more than its share, and all of them no more than there is', () => {
    const budget = new ByteBudget({ maxBytes: 100, maxShare: 60 });
    const [hog, other, late] = [budget.share(), budget.share(), budget.share()];
    expect([hog.take(50), hog.take(11), hog.take(10), other.take(40), late.take(1)]).toEqual([true, false, true, true, false]);
    expect(budget.held).toBe(100);
    hog.give(60);
    expect([late.take(60), budget.held]).toEqual([true, 100]);
  });
});
