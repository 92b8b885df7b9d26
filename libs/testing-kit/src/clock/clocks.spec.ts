import { JumpingClock } from './jumping-clock';
import { ManualClock } from './manual-clock';

describe('ManualClock', () => {
  it('fires due timers in order, also those that are set meanwhile, at their time', () => {
    const clock = new ManualClock(0);
    const fired: string[] = [];
    clock.setTimeout(() => fired.push(`late ${clock.now()}`), 20);
    clock.setTimeout(() => {
      fired.push(`early ${clock.now()}`);
      clock.setTimeout(() => fired.push(`set on the way ${clock.now()}`), 5);
    }, 10);
    clock.setTimeout(() => fired.push('cancelled'), 15).cancel();
    expect(clock.timers).toEqual([20, 10]);
    clock.advance(20);
    expect(fired).toEqual(['early 10', 'set on the way 15', 'late 20']);
    expect([clock.now(), clock.timers]).toEqual([20, []]);
  });
});

describe('JumpingClock', () => {
  it('advances both readings', () => {
    const clock = new JumpingClock();
    const before = [clock.now(), clock.monotonic()] as const;
    clock.jump(1_000_000);
    expect(clock.now() - before[0]).toBeGreaterThanOrEqual(999_000);
    expect(clock.monotonic() - before[1]).toBeGreaterThanOrEqual(1_000_000);
  });

  it('ends the timers of one length, once', () => {
    const clock = new JumpingClock();
    const ended: string[] = [];
    const other = clock.setTimeout(() => ended.push('other'), 70_000);
    clock.setTimeout(() => ended.push('wanted'), 60_000);
    clock.setTimeout(() => ended.push('cancelled'), 60_000).cancel();
    clock.expire(60_000);
    clock.expire(60_000);
    expect(ended).toEqual(['wanted']);
    other.cancel();
  });
});
