import { IdleClock } from './idle-clock';

describe('IdleClock', () => {
  let now = 0;
  let clock: IdleClock;

  beforeEach(() => {
    now = 1_000;
    clock = new IdleClock(() => now);
  });

  it('measures the time since the last movement', () => {
    now += 70;
    expect(clock.idleMs).toBe(70);
    clock.moved();
    expect(clock.idleMs).toBe(0);
  });

  it('blames the upstream by default', () => {
    expect(clock.expire()).toBe('upstream-silent');
    let reads = false;
    clock.blame(() => !reads);
    expect(clock.expire()).toBe('client-silent');
    reads = true;
    expect(clock.expire()).toBe('upstream-silent');
  });

  it('leaves the decision to the given function, and stops until something moves', () => {
    const decide = jest.fn();
    clock.whenIdle(decide);
    expect(clock.expire()).toBeUndefined();
    now += 1_000_000;
    expect([clock.idleMs, decide.mock.calls.length]).toEqual([0, 1]);
    clock.moved();
    now += 5;
    expect(clock.idleMs).toBe(5);
  });
});
