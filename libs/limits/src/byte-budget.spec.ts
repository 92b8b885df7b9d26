import { ByteBudget } from './byte-budget';

describe('ByteBudget', () => {
  it('allows no owner more than its share', () => {
    const budget = new ByteBudget({ maxBytes: 200, maxShare: 60, smallShare: 1 });
    const [hog, other] = [budget.share(), budget.share()];
    expect([hog.take(50), hog.take(11), hog.take(10), other.take(40)]).toEqual([true, false, true, true]);
    expect(budget.held).toBe(100);
    hog.give(60);
    expect([hog.take(60), budget.held]).toEqual([true, 100]);
  });

  it('reserves half of the budget for owners with few bytes, and never exceeds the total', () => {
    const budget = new ByteBudget({ maxBytes: 200, maxShare: 60, smallShare: 10 });
    const [hog, other] = [budget.share(), budget.share()];
    expect([hog.take(60), other.take(41), other.take(40)]).toEqual([true, false, true]);
    const small = Array.from({ length: 10 }, () => budget.share());
    expect([small[0]?.take(11), small.map((share) => share.take(10)), budget.share().take(1), budget.held]).toEqual([
      false,
      small.map(() => true),
      false,
      200,
    ]);
  });
});
