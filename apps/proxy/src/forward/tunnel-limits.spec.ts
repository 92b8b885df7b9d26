import { ProxyError } from '../proxy.errors';
import { TunnelLimits } from './tunnel-limits';

describe('TunnelLimits', () => {
  it('refuses a tunnel beyond the limit of its client, and none of another client', () => {
    const limits = new TunnelLimits(2);
    const leave = limits.admit('a');
    limits.admit('a');
    expect(() => limits.admit('a')).toThrow(ProxyError);
    try {
      limits.admit('a');
    } catch (error) {
      expect(error).toMatchObject({
        code: 'LimitReached',
        status: 429,
        retryAfterSeconds: 1,
        message: expect.stringContaining('2 tunnels and relayed') as string,
      });
    }
    limits.admit('b');
    leave();
    limits.admit('a');
    expect(() => limits.admit('a')).toThrow('already has 2 tunnels and relayed requests');
  });

  it('has no limit of 0', () => {
    const limits = new TunnelLimits(0);
    const leave = Array.from({ length: 100 }, () => limits.admit('a'));
    leave.forEach((one) => one());
    expect(() => limits.admit('a')).not.toThrow();
  });
});
