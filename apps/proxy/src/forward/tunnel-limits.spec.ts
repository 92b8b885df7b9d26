import { TunnelLimits } from './tunnel-limits';

describe('TunnelLimits', () => {
  it('refuses a tunnel beyond the limit of its client, and none of another client', () => {
    const limits = new TunnelLimits(2);
    const leave = limits.admit('a');
    limits.admit('a');
    const refusal = { code: 'LimitReached', retryAfterSeconds: 1, message: expect.stringContaining('2 tunnels and relayed') as string };
    expect(() => limits.admit('a')).toThrow(expect.objectContaining(refusal) as Error);
    limits.admit('b');
    leave();
    limits.admit('a');
    expect(() => limits.admit('a')).toThrow('already has 2 tunnels and relayed requests');
  });

  it('reports the use of the client with the most tunnels', () => {
    const limits = new TunnelLimits(4);
    expect(limits.usage).toBe(0);
    const leave = ['a', 'b', 'b', 'b'].map((client) => limits.admit(client)).at(-1);
    expect(limits.usage).toBe(0.75);
    leave?.();
    expect(limits.usage).toBe(0.5);
  });

  it('with 0 there is no limit', () => {
    const limits = new TunnelLimits(0);
    expect(() => Array.from({ length: 100 }, () => limits.admit('a'))).not.toThrow();
    expect(limits.usage).toBe(0);
  });
});
