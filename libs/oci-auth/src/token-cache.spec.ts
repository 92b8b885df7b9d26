import { Sensitive } from '@oci-connector/sensitive';
import { ManualClock } from '@oci-connector/testing-kit';
import { createAuthCache, type Grant } from './token-cache';

describe('memory by one tenant with a registry of its own', () => {
  it('its long tokens push out no token of another Connector, and fill no more than the limit', async () => {
    const clock = new ManualClock();
    const cache = createAuthCache<Grant>({ clock, random: () => 0.5, maxEntries: 10_000 });
    const key = (uid: string, scope: string): string => `${JSON.stringify([uid, 'hash'])}["repository:${scope}:pull"]`;
    const grant = (length: number): (() => Promise<Grant>) => {
      const expiresAt = clock.now() + 3_600_000;
      const header = new Sensitive('x'.repeat(length));
      return () =>
        Promise.resolve({
          authorization: { scheme: 'bearer', header, expiresAt, scopes: [], refusedScopes: [] },
          expiresAt,
          obtainedAt: 0,
          serial: 1,
        });
    };
    await cache.get(key('honest', 'app'), grant(2_000));
    // 10,000 pulls with tokens of 32 KiB: 320 MiB.
    for (let pull = 0; pull < 10_000; pull += 1) {
      await cache.get(key('hostile', `r${pull}`), grant(32 * 1024));
    }
    expect(cache.inspect(key('honest', 'app'))).toBeDefined();
    expect(cache.inspect(key('hostile', 'r9999'))).toBeDefined();
    const kept = Array.from({ length: 10_000 }, (_, pull) => cache.inspect(key('hostile', `r${pull}`))).filter(
      (found) => found !== undefined,
    );
    expect(kept.length * 32 * 1024).toBeLessThan(64 * 1024 * 1024);
  });
});
