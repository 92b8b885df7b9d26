import { until } from '@oci-connector/testing-kit';
import { type ObjectLike } from '@oci-connector/testing-kube-api';
import { startFixtureRegistry } from '@oci-connector/testing-registry';
import { errorOf, prefix, ProxyWorld } from './proxy-world';

const SERVICE = 'connectors-proxy-service';

function endpointSlice(metadata: ObjectLike['metadata'], address: string, port: number): ObjectLike {
  const parts = { addressType: 'IPv4', endpoints: [{ addresses: [address] }], ports: [{ port }] };
  return { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata, ...parts };
}

describe('C9 SSRF: the addresses behind the Services of the API server and of the proxy', () => {
  let world: ProxyWorld;

  beforeAll(async () => {
    const objects = [
      endpointSlice({ namespace: 'default', name: 'kubernetes' }, '10.255.1.1', 6443),
      endpointSlice(
        { namespace: 'connectors-system', name: `${SERVICE}-x7k2p`, labels: { 'kubernetes.io/service-name': SERVICE } },
        '10.255.1.2',
        8080,
      ),
    ];
    world = await ProxyWorld.start({ kube: { objects }, lookup: () => Promise.resolve([{ address: '10.255.1.1' }]) });
  });

  afterAll(() => world.close());

  const known = (): Promise<void> =>
    until(() =>
      ['default', 'connectors-system'].every(
        (namespace) => world.kube.requests.count({ verb: 'watch', resource: 'endpointslices', namespace }) > 0,
      ),
    );

  it.each([
    ['api-server', 'https://10.255.1.1:6443'],
    ['api-server-by-name', 'https://api.corp.test:6443'],
    ['proxy', 'http://10.255.1.2:8080'],
    ['proxy-on-another-port', 'http://10.255.1.2:9090'],
  ])('are refused as a registry: %s', async (name, url) => {
    await known();
    await world.connect({ url }, { name });
    const response = await world.send(`${prefix(name)}/a/manifests/v1`);
    expect({ status: response.status, ...errorOf(response) }).toMatchObject({
      status: 424,
      message: expect.stringContaining('is part of this installation or of the Kubernetes API') as string,
    });
  });

  it('are logged as unknown once if the proxy may not read them, and the proxy still serves', async () => {
    const [rbac, watches] = [
      'rbac.authorization.k8s.io/v1',
      (): number => world.kube.requests.count({ resource: 'endpointslices', namespace: 'default', status: 403 }),
    ];
    world.kube.delete({ apiVersion: rbac, kind: 'RoleBinding', name: 'connectors-proxy-api-server', namespace: 'default' });
    const proxy = await world.addProxy();
    await until(() => watches() > 1);
    expect(world.logLines.filter(({ service }) => service === 'kubernetes.default')).toHaveLength(1);
    const registry = await startFixtureRegistry();
    await world.connect(registry, { name: 'served' });
    expect((await world.send(`${prefix('served')}/a/manifests/v1`, { proxy })).status).toBe(404);
    await registry.close();
  });
});
