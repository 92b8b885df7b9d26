import { ManualClock } from '@oci-connector/testing-kit';
import { settle } from '../test/settle';
import { InstallationEndpoints, type InstallationEndpointsOptions } from './installation-endpoints';

/** Longer than any pause between two tries. */
const PAUSE_MS = 15_000;

describe('InstallationEndpoints', () => {
  it('reports the first failure of a series, for each Service, and completes when it stops', async () => {
    const refused = new Set(['default', 'system']);
    let version = 0;
    const client = {
      list: async (_type: unknown, { namespace = '' }: { namespace?: string }) => {
        if (refused.has(namespace)) {
          throw new Error('no permission');
        }
        version += 1;
        const metadata = { namespace, name: 'slice', uid: 'slice', resourceVersion: String(version) };
        return { items: [{ metadata }], resourceVersion: String(version) };
      },
      watch: () => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('the watch broke off')) }) }),
    } as unknown as InstallationEndpointsOptions['client'];
    const clock = new ManualClock();
    const endpoints = new InstallationEndpoints({
      client,
      clock,
      installation: { namespace: 'system', proxyService: 'proxy', clusterDomain: 'cluster.local' },
    });
    const told: string[] = [];
    let isOver = false;
    endpoints.failures.subscribe({
      next: ({ service, error }) => told.push(`${service}: ${(error as Error).message}`),
      complete: () => (isOver = true),
    });
    const tries = async (times: number): Promise<void> => {
      for (let done = 0; done < times; done += 1) {
        await settle();
        clock.advance(PAUSE_MS);
      }
      await settle();
    };
    endpoints.start();
    await tries(3);
    const first = ['kubernetes.default: no permission', 'proxy.system: no permission'];
    expect(told).toEqual(first);
    // A read followed by a failed watch begins another series, only for this Service.
    refused.delete('system');
    await tries(4);
    expect(told).toEqual([...first, 'proxy.system: the watch broke off']);
    await endpoints.stop();
    expect(isOver).toBe(true);
  });
});
