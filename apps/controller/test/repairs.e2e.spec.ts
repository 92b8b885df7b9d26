import { isDeepStrictEqual } from 'node:util';
import { type Condition, type ConnectorClassStatus, type ConnectorStatus } from '@oci-connector/connector-api';
import { type ConfigMap, type Secret, type Service } from '@oci-connector/kube';
import { aConnector, aConnectorClass, eventually } from '@oci-connector/testing-kit';
import { type KubeApiServer } from '@oci-connector/testing-kube-api';
import { startFixtureRegistry, type FixtureRegistry } from '@oci-connector/testing-registry';
import { type Cluster } from './controller-fixture';
import { type ControllerWorld, startControllerWorld } from './controller-world';
import { LOGIN } from './registries-fixture';

jest.setTimeout(60_000);

const NAMESPACE = 'connectors-system';
const PROXY = 'connectors-proxy-service.connectors-system.svc.cluster.local';
const connectorAddress = { apiVersion: 'connectors.alauda.io/v1alpha1', kind: 'Connector', name: 'good', namespace: 'default' };
const classAddress = { apiVersion: 'connectors.alauda.io/v1alpha1', kind: 'ConnectorClass', name: 'oci' };

/** A user's change of the Service `c-good`. */
type ServiceEdit = (service: Service) => Service;
/** A user's change of the status of the Connector `good`. */
type StatusEdit = (status: ConnectorStatus) => ConnectorStatus;

describe('changes of objects that the controller owns', () => {
  let world: ControllerWorld<FixtureRegistry>;
  let api: KubeApiServer;
  let cluster: Cluster;
  let registry: FixtureRegistry;

  beforeAll(async () => {
    world = await startControllerWorld(() => startFixtureRegistry({ auth: { mode: 'basic', accounts: [LOGIN] } }));
    ({ api, cluster, servers: registry } = world);
    for (const name of ['good', 'other']) {
      cluster.apply(aConnector({ name, address: registry.origin, secretName: 'login' }));
      await cluster.untilCondition(name, 'Ready', { status: 'True' });
    }
    await eventually(() => cluster.connector('good')?.status?.proxy?.httpsAddress, 'the https address');
  });
  afterAll(() => world.close());

  /** Returns the fields of a Service that the controller must restore, without those of the API server (versions, times). */
  function essence(name: string): unknown {
    const service = cluster.get<Service>('Service', `c-${name}`, 'default');
    return service && { labels: service.metadata.labels, owners: service.metadata.ownerReferences, spec: service.spec };
  }

  const relabelled =
    (to: string | undefined): ServiceEdit =>
    ({ metadata, ...service }) => ({
      ...service,
      metadata: { ...metadata, labels: { ...metadata.labels, 'connectors.alauda.io/connector': to as string } },
    });
  const unowned: ServiceEdit = ({ metadata, ...service }) => ({ ...service, metadata: { ...metadata, ownerReferences: [] } });
  const redirected: ServiceEdit = ({ spec, ...service }) => ({ ...service, spec: { ...spec, externalName: 'evil.example' } });
  const serviceEdits: [string, ServiceEdit][] = [
    ['its label removed', relabelled(undefined)],
    ['all labels removed', ({ metadata, ...service }) => ({ ...service, metadata: { ...metadata, labels: {} } })],
    ['its label naming another Connector that exists', relabelled('other')],
    ['its label naming a Connector that does not exist', relabelled('nobody')],
    ['its ownerReference removed', unowned],
    [
      'another Connector as its owner',
      ({ metadata, ...service }) => ({
        ...service,
        metadata: { ...metadata, ownerReferences: cluster.get<Service>('Service', 'c-other', 'default')?.metadata.ownerReferences },
      }),
    ],
    [
      'an ownerReference of another version of the API',
      ({ metadata, ...service }) => ({
        ...service,
        metadata: {
          ...metadata,
          ownerReferences: metadata.ownerReferences?.map((owner) => ({ ...owner, apiVersion: 'connectors.alauda.io/v9' })),
        },
      }),
    ],
    ['another type', ({ spec, ...service }) => ({ ...service, spec: { type: 'ClusterIP', ports: spec?.ports } })],
    ['another target', redirected],
    ['other ports', ({ spec, ...service }) => ({ ...service, spec: { ...spec, ports: [{ name: 'http', port: 81, protocol: 'TCP' }] } })],
    ['another target and its label naming another Connector', (service) => relabelled('other')(redirected(service))],
    ['another target, no owner, and its label naming another Connector', (service) => relabelled('other')(unowned(redirected(service)))],
    ['another target and its label removed', (service) => relabelled(undefined)(redirected(service))],
  ];
  it.each(serviceEdits)('Service c-NAME with %s is repaired', async (_name, edit) => {
    const [before, others] = [essence('good'), essence('other')];
    const service = cluster.get<Service>('Service', 'c-good', 'default') as Service;
    cluster.apply(edit(service));
    expect(essence('good')).not.toEqual(before);
    await eventually(
      () => isDeepStrictEqual(essence('good'), before),
      () => `the repair of ${JSON.stringify(essence('good'))}`,
    );
    expect(essence('other')).toEqual(others);
    expect(cluster.get<Service>('Service', 'c-good', 'default')?.spec?.externalName).toBe(PROXY);
  });

  it('Service c-NAME is created again after it was deleted', async () => {
    const uid = (): string | undefined => cluster.get<Service>('Service', 'c-good', 'default')?.metadata.uid;
    const first = uid();
    cluster.delete('Service', 'c-good', 'default');
    await eventually(() => ![undefined, first].includes(uid()), 'another Service');
  });

  it('Service c-NAME is deleted when its class has no proxy, even without its label', async () => {
    cluster.apply(aConnector({ name: 'bare', address: registry.origin, secretName: 'login' }));
    await cluster.untilCondition('bare', 'Ready', { status: 'True' });
    cluster.apply(aConnectorClass('oci', { metadata: { name: 'unserved' }, spec: { proxy: undefined } }));
    // The label is removed at the same time, so the controller's watch no longer has the Service.
    cluster.apply(relabelled(undefined)(cluster.get<Service>('Service', 'c-bare', 'default') as Service));
    cluster.apply(aConnector({ name: 'bare', className: 'unserved', address: registry.origin, secretName: 'login' }));
    await eventually(() => cluster.get('Service', 'c-bare', 'default') === undefined, 'the removal of the Service');
  });

  const without =
    (type: string): StatusEdit =>
    ({ conditions, ...status }) => ({ ...status, conditions: conditions?.filter((condition) => condition.type !== type) });
  const edited =
    (type: string, change: Partial<Condition>): StatusEdit =>
    ({ conditions, ...status }) => ({
      ...status,
      conditions: conditions?.map((condition) => (condition.type === type ? { ...condition, ...change } : condition)),
    });
  const statusEdits: [string, StatusEdit][] = [
    ['emptied', () => ({})],
    ['without conditions', ({ conditions: _conditions, ...status }) => status],
    ['with an empty list of conditions', (status) => ({ ...status, conditions: [] })],
    ['without Ready', without('Ready')],
    ['without LivenessReady', without('LivenessReady')],
    ['with Ready set to False', edited('Ready', { status: 'False', reason: 'Lie' })],
    ['with a message', edited('AuthReady', { message: 'somebody was here' })],
    ['with another observedGeneration of a condition', edited('SecretReady', { observedGeneration: 77 })],
    ['with another observedGeneration', (status) => ({ ...status, observedGeneration: 77 })],
    ['without observedGeneration', ({ observedGeneration: _generation, ...status }) => status],
    ['without addresses', ({ proxy: _proxy, ...status }) => status],
    ['with another address', (status) => ({ ...status, proxy: { ...status.proxy, httpAddress: { url: 'http://evil.example' } } })],
    [
      'with another certificate',
      ({ proxy, ...status }) => ({
        ...status,
        proxy: { ...proxy, httpsAddress: { url: proxy?.httpsAddress?.url ?? '', CACerts: 'mine' } },
      }),
    ],
  ];
  it.each(statusEdits)('Status %s is written again', async (_name, edit) => {
    const status = (): unknown => withoutTimes(cluster.connector('good')?.status);
    const before = status();
    api.applyStatus(connectorAddress, edit(cluster.connector('good')?.status as ConnectorStatus));
    expect(status()).not.toEqual(before);
    await eventually(
      () => isDeepStrictEqual(status(), before),
      () => `the status ${JSON.stringify(status())}`,
    );
  });

  it('Status that is wiped causes no request to the registry', async () => {
    const logins = (): number => registry.requests.filter(({ headers }) => headers.authorization !== undefined).length;
    const before = logins();
    for (let turn = 0; turn < 3; turn += 1) {
      api.applyStatus(connectorAddress, {});
      await cluster.untilCondition('good', 'Ready', { status: 'True' });
    }
    expect(logins()).toBe(before);
  });

  it('Status of a class that is wiped is written again', async () => {
    const status = (): unknown => withoutTimes(cluster.connectorClass('oci')?.status);
    const before = status();
    const edits: ConnectorClassStatus[] = [{}, { ...cluster.connectorClass('oci')?.status, observedGeneration: 77 }];
    for (const edit of edits) {
      api.applyStatus(classAddress, edit);
      await eventually(() => isDeepStrictEqual(status(), before), 'the status of the class');
    }
  });

  it('Status does not keep a foreign address while the class is missing', async () => {
    cluster.apply(aConnectorClass('oci', { metadata: { name: 'passing' } }));
    cluster.apply(aConnector({ name: 'left', className: 'passing', address: registry.origin, secretName: 'login' }));
    await cluster.untilCondition('left', 'Ready', { status: 'True' });
    const known = cluster.connector('left')?.status?.proxy;
    cluster.delete('ConnectorClass', 'passing');
    await cluster.untilCondition('left', 'Ready', { status: 'False' });
    expect(cluster.connector('left')?.status?.proxy?.httpAddress).toEqual(known?.httpAddress);
    const status = cluster.connector('left')?.status as ConnectorStatus;
    api.applyStatus(
      { ...connectorAddress, name: 'left' },
      { ...status, proxy: { httpAddress: { url: 'http://evil.example', audience: 'connectors-proxy' } } },
    );
    await eventually(() => cluster.connector('left')?.status?.proxy === undefined, 'the end of the foreign address');
  });

  it('the bundle of the CA is published again after it was emptied, changed or deleted', async () => {
    const bundle = (): ConfigMap | undefined => cluster.get<ConfigMap>('ConfigMap', 'connectors-proxy-ca', NAMESPACE);
    const before = bundle()?.data;
    const withData = (data: Record<string, string>): ConfigMap => ({ ...(bundle() as ConfigMap), data });
    const edits: (() => void)[] = [
      () => cluster.apply(withData({})),
      () => cluster.apply(withData({ 'ca.crt': 'mine' })),
      () => cluster.delete('ConfigMap', 'connectors-proxy-ca', NAMESPACE),
    ];
    for (const edit of edits) {
      edit();
      await eventually(() => isDeepStrictEqual(bundle()?.data, before), 'the bundle');
    }
  });

  it('the Secrets of the installation are restored after they were emptied or deleted', async () => {
    for (const [name, key] of [
      ['connectors-proxy-ca', 'tls.key'],
      ['connectors-proxy-sealing', 'current'],
    ] as const) {
      const secret = (): Secret | undefined => cluster.get<Secret>('Secret', name, NAMESPACE);
      const edits: (() => void)[] = [
        () => cluster.apply({ ...(secret() as Secret), data: { ...secret()?.data, [key]: '' } } as Secret),
        () => cluster.delete('Secret', name, NAMESPACE),
      ];
      for (const edit of edits) {
        edit();
        await eventually(() => secret()?.data?.[key], `${name} with ${key}`);
      }
    }
  });
});

function withoutTimes(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null, (key, part: unknown) => (key === 'lastTransitionTime' ? undefined : part)));
}
