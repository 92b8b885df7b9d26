import { aConnector, aConnectorClass, aSecret, CapturedLog, eventually } from '@oci-connector/testing-kit';
import { type KubeApiServer } from '@oci-connector/testing-kube-api';
import { startFixtureRegistry, type FixtureRegistry } from '@oci-connector/testing-registry';
import { type Service } from '@oci-connector/kube';
import { type RunningController } from '../src/start-controller';
import { type Cluster } from './controller-fixture';
import { type ControllerWorld, startControllerWorld } from './controller-world';
import { LOGIN } from './registries-fixture';

jest.setTimeout(60_000);

describe('a Connector that works', () => {
  let world: ControllerWorld<FixtureRegistry>;
  let api: KubeApiServer;
  let cluster: Cluster;
  let registry: FixtureRegistry;
  let controller: RunningController;
  const log = new CapturedLog();

  beforeAll(async () => {
    const start = (): Promise<FixtureRegistry> =>
      startFixtureRegistry({ auth: { mode: 'token', realm: 'same-origin', accounts: [LOGIN] } });
    world = await startControllerWorld(start, { log });
    ({ api, cluster, controller, servers: registry } = world);
    cluster.apply(aConnector({ name: 'good', address: registry.origin, secretName: 'login' }));
    await cluster.untilCondition('good', 'Ready', { status: 'True' });
  });
  afterAll(() => world.close());

  it('has True in every condition', () => {
    const { status, metadata } = cluster.connector('good') ?? {};
    const conditions = (status?.conditions ?? []).map(({ type, status: is, reason = '' }) => [type, `${is} ${reason}`.trim()]);
    expect(Object.fromEntries(conditions)).toEqual({
      Ready: 'True',
      ConnectorClassReady: 'True',
      SecretReady: 'True',
      LivenessReady: 'True',
      AuthReady: 'True',
      ProxyServiceReady: 'True',
      CACertReady: 'True NoCACert',
      APIReady: 'True NonAPI',
    });
    expect(status?.observedGeneration).toBe(metadata?.generation);
    expect(status?.conditions?.every(({ observedGeneration }) => observedGeneration === metadata?.generation)).toBe(true);
  });

  it('has its addresses, with the CA that a client must trust', async () => {
    const path = '/namespaces/default/connectors/good';
    const proxy = await eventually(() => {
      const found = cluster.connector('good')?.status?.proxy;
      return found?.httpsAddress && found;
    }, 'the https address');
    expect(proxy.httpAddress).toEqual({ url: `http://c-good.default.svc.cluster.local${path}`, audience: 'connectors-proxy' });
    expect(proxy.httpsAddress?.url).toBe(`https://c-good.default.svc.cluster.local${path}`);
    const bundle = cluster.get<{ data: Record<string, string> }>('ConfigMap', 'connectors-proxy-ca', 'connectors-system')?.data['ca.crt'];
    expect(proxy.httpsAddress?.CACerts).toBe(bundle);
    expect(bundle).toContain('BEGIN CERTIFICATE');
  });

  it('has a Service that leads to the proxy and is owned by the Connector', () => {
    const service = cluster.get<Service>('Service', 'c-good', 'default');
    expect(service?.spec).toMatchObject({
      type: 'ExternalName',
      externalName: 'connectors-proxy-service.connectors-system.svc.cluster.local',
    });
    expect(service?.metadata.ownerReferences).toMatchObject([
      { kind: 'Connector', name: 'good', uid: cluster.connector('good')?.metadata.uid, controller: true },
    ]);
    expect(cluster.connector('good')?.metadata.finalizers ?? []).toEqual([]);
  });

  it('has an Event for Ready', async () => {
    await eventually(() => cluster.events('good').includes('Normal Ready'), 'the Event');
  });

  it('gets no status write while nothing changes', async () => {
    const writes = (): number => api.requests.count({ resource: 'connectors/status', name: 'good' });
    // A touched Secret causes a reconcile, which reads the Secret; it must have no other effect.
    const touchSecret = async (touched: string): Promise<void> => {
      const reads = api.requests.count({ verb: 'get', resource: 'secrets', name: 'login' });
      cluster.apply(aSecret({ name: 'login', stringData: LOGIN, metadata: { annotations: { touched } } }));
      await eventually(() => api.requests.count({ verb: 'get', resource: 'secrets', name: 'login' }) > reads, 'a reconcile');
      cluster.apply(aConnector({ name: touched, address: registry.origin, secretName: 'login' }));
      await cluster.untilCondition(touched, 'Ready', { status: 'True' });
    };
    // Once in advance, so that pending changes, such as the proxy's CA, have arrived.
    await touchSecret('once');
    const before = writes();
    const version = cluster.connector('good')?.metadata.resourceVersion;
    await touchSecret('later');
    expect(writes()).toBe(before);
    expect(cluster.connector('good')?.metadata.resourceVersion).toBe(version);
  });

  it('gets its Service back after it was changed or deleted', async () => {
    const service = cluster.get<Service>('Service', 'c-good', 'default') as Service;
    const changed = { ...service, spec: { ...service.spec, externalName: 'evil.example' } };
    cluster.apply(changed);
    await eventually(
      () => cluster.get<Service>('Service', 'c-good', 'default')?.spec?.externalName?.startsWith('connectors-proxy-service.'),
      'the repair',
    );
    cluster.delete('Service', 'c-good', 'default');
    await eventually(() => cluster.get<Service>('Service', 'c-good', 'default'), 'a new Service');
  });

  it('takes its Service with it when it is deleted', async () => {
    cluster.apply(aConnector({ name: 'gone', address: registry.origin, secretName: 'login' }));
    await cluster.untilCondition('gone', 'Ready', { status: 'True' });
    cluster.delete('Connector', 'gone', 'default');
    await eventually(() => cluster.get('Service', 'c-gone', 'default') === undefined, 'the end of the Service');
    expect(cluster.connector('gone')).toBeUndefined();
  });

  it('may be anonymous', async () => {
    const open = await startFixtureRegistry();
    try {
      cluster.apply(aConnector({ name: 'open', address: open.origin, authName: 'tokenAuth' }));
      await cluster.untilCondition('open', 'Ready', { status: 'True' });
      expect(cluster.condition('open', 'SecretReady')).toMatchObject({ status: 'True', reason: 'SecretOptional' });
    } finally {
      await open.close();
    }
  });

  it('has no Service and no address when its class has no proxy', async () => {
    cluster.apply(aConnectorClass('oci', { metadata: { name: 'unserved' }, spec: { proxy: undefined } }));
    cluster.apply(aConnector({ name: 'bare', className: 'unserved', address: registry.origin, secretName: 'login' }));
    await cluster.untilCondition('bare', 'Ready', { status: 'True' });
    expect(cluster.condition('bare', 'ProxyServiceReady')).toMatchObject({ status: 'True', reason: 'NonProxy' });
    expect(cluster.get('Service', 'c-bare', 'default')).toBeUndefined();
    expect(cluster.connector('bare')?.status?.proxy).toBeUndefined();
    // Its class gets a proxy, and loses it again.
    cluster.apply(aConnector({ name: 'bare', address: registry.origin, secretName: 'login' }));
    await cluster.untilCondition('bare', 'ProxyServiceReady', { reason: undefined });
    await eventually(() => cluster.get('Service', 'c-bare', 'default'), 'the Service');
    cluster.apply(aConnector({ name: 'bare', className: 'unserved', address: registry.origin, secretName: 'login' }));
    await eventually(() => cluster.get('Service', 'c-bare', 'default') === undefined, 'the removal of the Service');
  });

  it('serves metrics and readiness', async () => {
    const metrics = await (await fetch(`${controller.adminUrl}/metrics`)).text();
    expect(metrics).toContain('connectors_controller_connector_ready{connector_namespace="default",connector_name="good"} 1');
    expect(metrics).toMatch(/connectors_controller_reconciles_total\{kind="Connector",result="requeue"\} \d+/);
    expect(metrics).toMatch(/connectors_controller_probe_duration_seconds_count\{probe="credential",outcome="passed"\} \d+/);
    expect((await fetch(`${controller.adminUrl}/readyz`)).status).toBe(200);
  });

  it('C14: leaves no secret in logs, Events, status or metrics', async () => {
    const key = cluster.get<{ data: Record<string, string> }>('Secret', 'connectors-proxy-ca', 'connectors-system')?.data['tls.key'] ?? '';
    const metrics = await (await fetch(`${controller.adminUrl}/metrics`)).text();
    const seen = [log.text, metrics, JSON.stringify([cluster.list('Event'), cluster.list('Connector'), cluster.list('ConfigMap')])].join(
      '\n',
    );
    for (const secret of [LOGIN.password, Buffer.from(LOGIN.password).toString('base64'), key, Buffer.from(key, 'base64').toString()]) {
      expect(seen).not.toContain(secret);
    }
    expect(api.requests.count({ verb: 'list', resource: 'secrets', status: 200 })).toBeGreaterThan(0);
  });
});
