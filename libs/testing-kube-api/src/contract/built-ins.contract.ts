import { at, type JsonObject } from '../kube-api/json';
import { type ContractContext, messageOf } from './contract-context';
import { WIDGETS } from './widget';

const LEASES = 'coordination.k8s.io/v1';

/** Secrets, Services, Leases and Events, as the product's programs use them. */
export function describeBuiltIns(context: () => ContractContext): void {
  const core = (plural: string, ...rest: string[]): string => context().core(plural, ...rest);

  describe('Secrets', () => {
    it('accept plain values, and store them encoded', async () => {
      const created = await context().create(core('secrets'), secret('plain', { stringData: { password: 'p' }, data: { user: 'dQ==' } }));
      expect(created).toMatchObject({ type: 'Opaque', data: { password: 'cA==', user: 'dQ==' } });
      expect(created).not.toHaveProperty('stringData');
    });

    it.each([
      ['data that is not base64', { data: { x: 'ä' } }, 400],
      ['an unknown field', { dta: {} }, 400],
      ['basic-auth without user and password', { type: 'kubernetes.io/basic-auth', data: {} }, 422],
      ['a docker config without its key', { type: 'kubernetes.io/dockerconfigjson', data: {} }, 422],
      ['a docker config that is not JSON', { type: 'kubernetes.io/dockerconfigjson', stringData: { '.dockerconfigjson': 'x' } }, 422],
      ['an invalid key', { stringData: { 'a/b': 'x' } }, 422],
    ])('refuse %s', async (_what, content, status) => {
      const response = await context().admin.post(`${core('secrets')}?fieldValidation=Strict`, secret('refused', content));
      expect(response.status).toBe(status);
    });

    it('do not change their type', async () => {
      await context().create(core('secrets'), secret('typed', { type: 'cpaas.io/distribution-registry-token' }));
      const response = await context().admin.patch(core('secrets', 'typed'), { type: 'Opaque' });
      expect(response).toMatchObject({ status: 422, body: { reason: 'Invalid' } });
      expect(messageOf(response)).toContain('field is immutable');
    });
  });

  describe('Services', () => {
    const external = { type: 'ExternalName', externalName: 'proxy.example', ports: [{ name: 'http', port: 80 }] };

    it('of type ExternalName have no address, and ports with defaults', async () => {
      const created = await context().create(core('services'), service('c-external', external));
      expect(created).toMatchObject({
        spec: { type: 'ExternalName', externalName: 'proxy.example', ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }] },
      });
      expect(at(created, 'spec', 'clusterIP')).toBeUndefined();
      const moved = await context().admin.patch(core('services', 'c-external'), { spec: { externalName: 'other.example' } });
      expect(moved).toMatchObject({ status: 200, body: { spec: { externalName: 'other.example' } } });
    });

    it('of type ClusterIP get an address and keep it', async () => {
      const created = await context().create(core('services'), service('c-internal', { ports: [{ port: 80 }] }));
      const address = at(created, 'spec', 'clusterIP');
      expect(created).toMatchObject({ spec: { type: 'ClusterIP', clusterIP: expect.stringMatching(/^10\./) as string } });
      const replaced = await context().admin.put(core('services', 'c-internal'), {
        ...service('c-internal', { clusterIP: address, ports: [{ port: 81 }] }),
        metadata: created['metadata'],
      });
      expect(replaced).toMatchObject({ status: 200, body: { spec: { clusterIP: address } } });
    });

    it('of type ClusterIP keep their address when an update contains none, as with kubectl replace', async () => {
      const created = await context().create(core('services'), service('c-replaced', { ports: [{ port: 80 }] }));
      const replaced = await context().admin.put(core('services', 'c-replaced'), service('c-replaced', { ports: [{ port: 81 }] }));
      const { clusterIP, clusterIPs } = created['spec'] as JsonObject;
      expect(replaced).toMatchObject({ status: 200, body: { spec: { clusterIP, clusterIPs, ports: [{ port: 81 }] } } });
    });

    it('can change from ClusterIP to ExternalName', async () => {
      await context().create(core('services'), service('c-changing', { ports: [{ name: 'http', port: 80 }] }));
      const response = await context().admin.patch(core('services', 'c-changing'), {
        spec: { type: 'ExternalName', externalName: 'proxy.example', clusterIP: null, clusterIPs: null },
      });
      expect(response).toMatchObject({ status: 200, body: { spec: { type: 'ExternalName' } } });
      expect(at(response.body, 'spec', 'clusterIP')).toBeUndefined();
    });

    it.each([
      ['ExternalName without a name', { type: 'ExternalName' }, /spec\.externalName/],
      ['no ports', { ports: [] }, /spec\.ports: Required value/],
      ['several ports without names', { ports: [{ port: 80 }, { port: 443 }] }, /spec\.ports\[0\]\.name: Required value/],
      ['an invalid port', { ports: [{ port: 70_000 }] }, /spec\.ports\[0\]\.port: Invalid value: 70000/],
      ['an invalid type', { type: 'Magic', ports: [{ port: 80 }] }, /spec\.type: Unsupported value: "Magic"/],
    ])('refuse %s', async (_what, spec, message) => {
      const response = await context().admin.post(core('services'), service('c-refused', spec));
      expect(response).toMatchObject({ status: 422, body: { reason: 'Invalid' } });
      expect(messageOf(response)).toMatch(message);
    });
  });

  describe('Leases', () => {
    const lease = (name: string, spec: JsonObject, metadata: JsonObject = {}): JsonObject => ({
      apiVersion: LEASES,
      kind: 'Lease',
      metadata: { name, ...metadata },
      spec,
    });
    const path = (...rest: string[]): string => context().api(LEASES, 'leases', ...rest);
    const held = { holderIdentity: 'one', leaseDurationSeconds: 15, renewTime: '2026-01-01T00:00:00.000000Z', leaseTransitions: 0 };

    it('are taken by only one of two clients that try at the same time', async () => {
      const created = await context().create(path(), lease('elected', held));
      expect(created).toMatchObject({ spec: held });
      const { resourceVersion } = created['metadata'] as JsonObject;
      const rivals = ['two', 'three'].map((holderIdentity) =>
        context().admin.put(path('elected'), lease('elected', { ...held, holderIdentity }, { resourceVersion })),
      );
      const statuses = (await Promise.all(rivals)).map(({ status }) => status);
      expect(statuses.sort()).toEqual([200, 409]);
    });

    it('cannot be replaced without a resource version', async () => {
      await context().create(path(), lease('guarded', held));
      const response = await context().admin.put(path('guarded'), lease('guarded', { ...held, holderIdentity: 'two' }));
      expect(response).toMatchObject({ status: 422, body: { reason: 'Invalid' } });
    });

    it('cannot have a duration of zero', async () => {
      const response = await context().admin.post(path(), lease('short', { ...held, leaseDurationSeconds: 0 }));
      expect(response).toMatchObject({ status: 422, body: { reason: 'Invalid' } });
    });
  });

  describe('Events', () => {
    const event = (name: string, involved: string): JsonObject => ({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name },
      involvedObject: { apiVersion: WIDGETS, kind: 'Widget', namespace: context().namespace, name: involved },
      type: 'Warning',
      reason: 'AuthenticationFailed',
      message: 'the registry refuses the credential',
      source: { component: 'connectors-controller' },
      count: 1,
      firstTimestamp: '2026-01-01T00:00:00Z',
      lastTimestamp: '2026-01-01T00:00:00Z',
    });

    it('can be selected by their object, and counted up by a patch', async () => {
      await context().create(core('events'), event('about-a', 'a'));
      await context().create(core('events'), event('about-b', 'b'));
      const selector = encodeURIComponent('involvedObject.name=a,involvedObject.kind=Widget,type=Warning,reason=AuthenticationFailed');
      const { body } = await context().admin.get(`${core('events')}?fieldSelector=${selector}`);
      expect(body).toMatchObject({ items: [{ metadata: { name: 'about-a' }, count: 1 }] });
      const patched = await context().admin.patch(core('events', 'about-a'), { count: 2, lastTimestamp: '2026-01-01T00:01:00Z' });
      expect(patched).toMatchObject({ status: 200, body: { count: 2, firstTimestamp: '2026-01-01T00:00:00Z' } });
    });

    it('must be in the namespace of that object', async () => {
      const response = await context().admin.post(core('events'), {
        ...event('astray', 'a'),
        involvedObject: { kind: 'Widget', namespace: 'elsewhere', name: 'a' },
      });
      expect(response).toMatchObject({ status: 422, body: { reason: 'Invalid' } });
    });
  });
}

function secret(name: string, content: JsonObject): JsonObject {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name }, ...content };
}

function service(name: string, spec: JsonObject): JsonObject {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec };
}
