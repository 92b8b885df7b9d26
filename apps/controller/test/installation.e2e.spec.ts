import { X509Certificate } from 'node:crypto';
import { aConnector, eventually } from '@oci-connector/testing-kit';
import { type KubeApiServer } from '@oci-connector/testing-kube-api';
import { startFixtureRegistry } from '@oci-connector/testing-registry';
import { KubeClient, type ConfigMap, type Lease, type Secret } from '@oci-connector/kube';
import { CertificateAuthorityReconciler } from '../src/certificate-authority/certificate-authority.reconciler';
import { SealingKeyReconciler } from '../src/sealing-key/sealing-key.reconciler';
import { Cluster, controllerConnection, startCluster, startReplica } from './controller-fixture';

jest.setTimeout(60_000);

const NAMESPACE = 'connectors-system';
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

describe('the Secrets that the controller manages for the proxy', () => {
  let api: KubeApiServer;
  let cluster: Cluster;
  let client: KubeClient;
  let now: number;
  const signal = new AbortController().signal;
  const steps: string[] = [];

  beforeEach(async () => {
    api = await startCluster();
    cluster = new Cluster(api);
    client = KubeClient.fromConnection(controllerConnection(api));
    now = Date.parse('2026-01-01T00:00:00Z');
    steps.length = 0;
  });
  afterEach(async () => {
    await client.close();
    await api.close();
  });

  function secretData(name: string): Record<string, string> {
    const data = cluster.get<Secret>('Secret', name, NAMESPACE)?.data ?? {};
    return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString('latin1')]));
  }

  function bundle(): string[] {
    const text = cluster.get<ConfigMap>('ConfigMap', 'connectors-proxy-ca', NAMESPACE)?.data?.['ca.crt'] ?? '';
    return text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n/g) ?? [];
  }

  describe('the certificate authority', () => {
    const key = { namespace: NAMESPACE, name: 'connectors-proxy-ca' };
    let authority: CertificateAuthorityReconciler;

    beforeEach(() => {
      const policy = { lifetimeMs: 365 * DAY, publicationMs: DAY };
      authority = new CertificateAuthorityReconciler({ client, policy, now: () => now, onStep: (step) => steps.push(step) });
    });

    it('is created once, and published', async () => {
      await authority.reconcile(key, signal);
      const first = secretData(key.name);
      expect(bundle()).toEqual([first['tls.crt']]);
      expect(first['ca.crt']).toBe(first['tls.crt']);
      expect(Date.parse(new X509Certificate(first['tls.crt'] ?? '').validTo)).toBe(now + 365 * DAY);
      await authority.reconcile(key, signal);
      expect(secretData(key.name)).toEqual(first);
      expect(steps).toEqual(['create']);
      expect(JSON.stringify(cluster.list('ConfigMap'))).not.toContain('PRIVATE');
    });

    it('is rotated in three phases', async () => {
      await authority.reconcile(key, signal);
      const old = secretData(key.name)['tls.crt'];

      // Phase one, at two thirds: the next authority is published, the old one signs.
      now += 245 * DAY;
      expect(await authority.reconcile(key, signal)).toEqual({ requeueAfterMs: HOUR });
      const announced = secretData(key.name);
      expect(announced['tls.crt']).toBe(old);
      expect(bundle()).toEqual([old, announced['next.crt']]);

      now += DAY - 1;
      expect(await authority.reconcile(key, signal)).toEqual({ requeueAfterMs: 1 });
      expect(secretData(key.name)).toEqual(announced);

      // Phase two, after the time of publication: the next authority signs, the old one stays published.
      now += 1;
      await authority.reconcile(key, signal);
      const promoted = secretData(key.name);
      expect(promoted['tls.crt']).toBe(announced['next.crt']);
      expect(promoted['tls.key']).toBe(announced['next.key']);
      expect(promoted['next.crt']).toBeUndefined();
      expect(bundle()).toEqual([promoted['tls.crt'], old]);

      // Phase three, when the old authority expires.
      now += 119 * DAY;
      await authority.reconcile(key, signal);
      expect(bundle()).toEqual([promoted['tls.crt']]);
      expect(steps).toEqual(['create', 'announce', 'promote', 'drop']);
    });

    it('waits again when the publication was deleted', async () => {
      await authority.reconcile(key, signal);
      now += 245 * DAY;
      await authority.reconcile(key, signal);
      const announced = secretData(key.name);
      cluster.delete('ConfigMap', key.name, NAMESPACE);
      now += 2 * DAY;
      await authority.reconcile(key, signal);
      expect(secretData(key.name)).toEqual(announced);
      expect(bundle()).toHaveLength(2);
      now += DAY;
      await authority.reconcile(key, signal);
      expect(secretData(key.name)['tls.crt']).toBe(announced['next.crt']);
    });

    it('does not sign with an authority that could not be published', async () => {
      await authority.reconcile(key, signal);
      now += 245 * DAY;
      api.faults.failNext(1, { status: 500, match: { verb: 'update', resource: 'configmaps' } });
      await expect(authority.reconcile(key, signal)).rejects.toThrow();
      const announced = secretData(key.name);
      now += 2 * DAY;
      await authority.reconcile(key, signal);
      expect(secretData(key.name)).toEqual(announced);
    });

    it('is still published when the controller stops after a new authority has begun to sign, before it publishes', async () => {
      await authority.reconcile(key, signal);
      const old = secretData(key.name)['tls.crt'];
      now += 245 * DAY;
      await authority.reconcile(key, signal);
      const both = bundle();
      now += DAY;
      api.faults.failNext(1, { status: 500, match: { verb: 'update', resource: 'configmaps' } });
      await expect(authority.reconcile(key, signal)).rejects.toThrow();
      const next = secretData(key.name)['tls.crt'];
      expect(next).not.toBe(old);
      expect(bundle()).toEqual(both);
      expect(both).toEqual([old, next]);
      await authority.reconcile(key, signal);
      expect(bundle()).toEqual([next, old]);
    });

    it('is the same for two leaders at the same time', async () => {
      const leaders = [authority, authority].map((leader) => leader.reconcile(key, signal));
      // One of them gets a conflict, and is tried again.
      await Promise.allSettled(leaders);
      await authority.reconcile(key, signal);
      expect(bundle()).toEqual([secretData(key.name)['tls.crt']]);
    });

    it('is not set back by a former leader, which has read the objects before the current one changed them', async () => {
      await authority.reconcile(key, signal);
      now += 245 * DAY;
      const [secret, configMap] = [cluster.get<Secret>('Secret', key.name, NAMESPACE), cluster.get('ConfigMap', key.name, NAMESPACE)];
      const outdated: Pick<KubeClient, 'find' | 'create' | 'update'> = {
        find: ((type: { kind: string }) => Promise.resolve(type.kind === 'Secret' ? secret : configMap)) as KubeClient['find'],
        create: (...args) => client.create(...args),
        update: (...args) => client.update(...args),
      };
      const policy = { lifetimeMs: 365 * DAY, publicationMs: DAY };
      const former = new CertificateAuthorityReconciler({ client: outdated, policy, now: () => now, onStep: () => undefined });
      await authority.reconcile(key, signal);
      const [data, published] = [secretData(key.name), bundle()];
      expect(published).toHaveLength(2);
      await expect(former.reconcile(key, signal)).rejects.toMatchObject({ isConflict: true });
      expect(secretData(key.name)).toEqual(data);
      expect(bundle()).toEqual(published);
    });

    it('is another one, alone in the bundle, when the Secret was deleted: its key may be compromised', async () => {
      for (const isPublished of [true, false]) {
        await authority.reconcile(key, signal);
        const before = secretData(key.name)['tls.crt'];
        cluster.delete('Secret', key.name, NAMESPACE);
        if (!isPublished) {
          cluster.delete('ConfigMap', key.name, NAMESPACE);
        }
        await authority.reconcile(key, signal);
        const after = secretData(key.name)['tls.crt'];
        expect(after).not.toBe(before);
        expect(bundle()).toEqual([after]);
      }
    });

    it('is published again, unchanged, when the ConfigMap was deleted or damaged', async () => {
      await authority.reconcile(key, signal);
      const before = secretData(key.name);
      cluster.delete('ConfigMap', key.name, NAMESPACE);
      await authority.reconcile(key, signal);
      expect(bundle()).toEqual([before['tls.crt']]);
      const configMap = cluster.get<ConfigMap>('ConfigMap', key.name, NAMESPACE) as ConfigMap;
      cluster.apply({ ...configMap, data: { 'ca.crt': '' } } as ConfigMap);
      await authority.reconcile(key, signal);
      expect(bundle()).toEqual([before['tls.crt']]);
      expect(secretData(key.name)).toEqual(before);
    });

    it('is created again when it has expired or is damaged', async () => {
      await authority.reconcile(key, signal);
      const first = secretData(key.name)['tls.crt'];
      now += 400 * DAY;
      await authority.reconcile(key, signal);
      const second = secretData(key.name)['tls.crt'];
      expect(bundle()).toEqual([second]);
      expect(second).not.toBe(first);
      const damaged = cluster.get<Secret>('Secret', key.name, NAMESPACE) as Secret;
      cluster.apply({ ...damaged, data: { ...damaged.data, 'tls.key': 'Z2FyYmFnZQ==' } } as Secret);
      await authority.reconcile(key, signal);
      const third = secretData(key.name)['tls.crt'] ?? '';
      expect(third).not.toBe(second);
      // Certificates that the lost authority signed are still in use.
      expect(bundle()).toEqual([third, second]);
    });
  });

  describe('the sealing key', () => {
    const key = { namespace: NAMESPACE, name: 'connectors-proxy-sealing' };

    it('is created once and rotated every day', async () => {
      const sealing = new SealingKeyReconciler({ client, now: () => now, onStep: (step) => steps.push(step) });
      await sealing.reconcile(key, signal);
      const first = secretData(key.name);
      expect(first['current']).toHaveLength(32);
      expect(first['previous']).toHaveLength(32);
      now += DAY - 1;
      expect(await sealing.reconcile(key, signal)).toEqual({ requeueAfterMs: 1 });
      expect(secretData(key.name)).toEqual(first);
      now += 1;
      await sealing.reconcile(key, signal);
      const second = secretData(key.name);
      expect(second['previous']).toBe(first['current']);
      expect(second['current']).not.toBe(first['current']);
      expect(steps).toEqual(['create', 'rotate']);
    });
  });

  it('creates a deleted Secret again', async () => {
    const controller = await startReplica(api);
    try {
      for (const name of ['connectors-proxy-ca', 'connectors-proxy-sealing']) {
        const uid = (): string | undefined => cluster.get<Secret>('Secret', name, NAMESPACE)?.metadata.uid;
        const first = await eventually(uid, name);
        cluster.delete('Secret', name, NAMESPACE);
        await eventually(() => ![undefined, first].includes(uid()), `another ${name}`);
      }
    } finally {
      await controller.stop();
    }
  });
});

describe('two replicas', () => {
  it('take turns: the second continues where the first stopped', async () => {
    const api = await startCluster();
    const cluster = new Cluster(api);
    const registry = await startFixtureRegistry();
    const holder = (): string | undefined => cluster.get<Lease>('Lease', 'connectors-controller', NAMESPACE)?.spec?.holderIdentity;
    const first = await startReplica(api);
    await eventually(() => first.isLeader(), 'the first leader');
    const second = await startReplica(api);
    try {
      const firstName = holder();
      cluster.apply(aConnector({ name: 'before', address: registry.origin, authName: 'tokenAuth' }));
      await cluster.untilCondition('before', 'Ready', { status: 'True' });
      expect(second.isLeader()).toBe(false);
      expect((await fetch(`${second.adminUrl}/readyz`)).status).toBe(200);

      await first.stop();
      await eventually(() => second.isLeader(), 'the second leader');
      expect(holder()).not.toBe(firstName);
      cluster.apply(aConnector({ name: 'after', address: registry.origin, authName: 'tokenAuth' }));
      await cluster.untilCondition('after', 'Ready', { status: 'True' });

      // A Ready Connector stays Ready across the change of leaders, and its status is not written.
      const writes = api.requests.find({ resource: 'connectors/status', name: 'before' }).length;
      await eventually(() => registry.requests.filter(({ path }) => path === '/v2/').length >= 3, 'probes by the new leader');
      expect(cluster.condition('before', 'Ready')?.status).toBe('True');
      expect(api.requests.find({ resource: 'connectors/status', name: 'before' })).toHaveLength(writes);
    } finally {
      await second.stop();
      await Promise.all([registry.close(), api.close()]);
    }
  });
});
