import { Sensitive } from '@oci-connector/sensitive';
import { ManualClock } from '@oci-connector/testing-kit';
import { startKubeApi } from '@oci-connector/testing-kube-api';
import { settle } from '../test/settle';
import { StaticCredential } from './api-credential';
import {
  type InstallationEndpoint,
  InstallationEndpoints,
  type InstallationEndpointsOptions,
  readInstallationEndpoints,
} from './installation-endpoints';
import { KubeClient } from './kube-client';

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

describe('readInstallationEndpoints', () => {
  const slice = (namespace: string, address: string) => ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { namespace, name: namespace === 'default' ? 'kubernetes' : 'proxy-1', labels: { 'kubernetes.io/service-name': 'proxy' } },
    addressType: 'IPv4',
    endpoints: [{ addresses: [address] }],
    ports: [{ port: 6443 }],
  });
  const installation = { namespace: 'system', proxyService: 'proxy', clusterDomain: 'cluster.local' };

  it('returns the addresses once, and none where the permission is missing', async () => {
    const api = await startKubeApi({ objects: [slice('default', '10.0.0.1'), slice('system', '10.0.0.2'), slice('other', '10.0.0.3')] });
    const read = async (token: string): Promise<readonly InstallationEndpoint[]> => {
      const connection = { server: api.url, tls: {}, credential: StaticCredential.bearer(new Sensitive(token)) };
      const client = new KubeClient(connection);
      try {
        return await readInstallationEndpoints(client, installation);
      } finally {
        await client.close();
      }
    };
    try {
      expect(await read(api.adminToken)).toEqual([{ address: '10.0.0.1', port: 6443 }, { address: '10.0.0.2' }]);
      api.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace: 'other', name: 'user' } });
      expect(await read(api.issueToken({ namespace: 'other', name: 'user' }))).toEqual([]);
    } finally {
      await api.close();
    }
  });
});
