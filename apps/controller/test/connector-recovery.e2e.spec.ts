import { aConnector, aConnectorClass, aSecret } from '@oci-connector/testing-kit';
import { type KubeApiServer } from '@oci-connector/testing-kube-api';
import { startFixtureRegistry } from '@oci-connector/testing-registry';
import { type Cluster } from './controller-fixture';
import { type ControllerWorld, PATIENT, startControllerWorld } from './controller-world';
import { LOGIN, type Registries, startRegistries } from './registries-fixture';

jest.setTimeout(60_000);

describe('a Connector whose environment is wrong and is corrected', () => {
  let world: ControllerWorld<Registries>;
  let api: KubeApiServer;
  let cluster: Cluster;
  let registries: Registries;

  beforeAll(async () => {
    world = await startControllerWorld(startRegistries, { settings: PATIENT });
    ({ api, cluster, servers: registries } = world);
    cluster.apply(aSecret({ name: 'ca', type: 'Opaque', stringData: { 'ca.crt': registries.authority.caPem } }));
  });
  afterAll(() => world.close());

  it('accepts a private certificate once spec.caCertSecretRef names its CA', async () => {
    cluster.apply(aConnector({ name: 'private', address: registries.secure.origin, authName: 'tokenAuth' }));
    await cluster.untilCondition('private', 'LivenessReady', { reason: 'CertificateInvalid' });
    cluster.apply(
      aConnector({ name: 'private', address: registries.secure.origin, authName: 'tokenAuth', spec: { caCertSecretRef: { name: 'ca' } } }),
    );
    await cluster.untilCondition('private', 'Ready', { status: 'True' });
    expect(cluster.condition('private', 'CACertReady')).toMatchObject({
      status: 'True',
      reason: 'Valid',
      message: 'CA certificate loaded from secret "ca"',
    });
  });

  it('tries a refused password once for all Connectors that share it, and again when the Secret changes', async () => {
    const registry = await startFixtureRegistry({ auth: { mode: 'basic', accounts: [LOGIN] } });
    const tries = (): number => registry.requests.filter(({ headers }) => headers.authorization !== undefined).length;
    try {
      cluster.apply(aSecret({ name: 'changing', stringData: { username: 'ada', password: 'old' } }));
      for (const name of ['share-a', 'share-b']) {
        cluster.apply(aConnector({ name, address: registry.origin, secretName: 'changing', authName: 'tokenAuth' }));
      }
      for (const name of ['share-a', 'share-b']) {
        await cluster.untilCondition(name, 'AuthReady', { reason: 'AuthenticationFailed' });
      }
      expect(tries()).toBe(1);
      cluster.apply(aSecret({ name: 'changing', stringData: LOGIN }));
      for (const name of ['share-a', 'share-b']) {
        await cluster.untilCondition(name, 'Ready', { status: 'True' });
      }
      expect(tries()).toBe(2);
    } finally {
      await registry.close();
    }
  });

  it('recovers when the class is created, the Secret is created, and the token server is trusted', async () => {
    cluster.apply(aConnector({ name: 'patient', address: registries.otherOrigin.origin, className: 'later', secretName: 'later' }));
    await cluster.untilCondition('patient', 'Ready', { reason: 'ConnectorClassNotFound' });
    cluster.apply(aConnectorClass('oci', { metadata: { name: 'later' } }));
    await cluster.untilCondition('patient', 'Ready', { reason: 'SecretNotFound' });
    cluster.apply(aSecret({ name: 'later', stringData: LOGIN }));
    await cluster.untilCondition('patient', 'Ready', { reason: 'AuthRealmUntrusted' });
    cluster.apply(
      aConnector({
        name: 'patient',
        address: registries.otherOrigin.origin,
        className: 'later',
        secretName: 'later',
        trustedRealms: [registries.otherOrigin.tokenOrigin],
      }),
    );
    await cluster.untilCondition('patient', 'Ready', { status: 'True' });
  });

  it('leaves a foreign Service unchanged, and reports its owner', async () => {
    const foreign = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'c-taken', namespace: 'default' },
      spec: { type: 'ClusterIP', ports: [{ port: 80 }] },
    };
    api.apply(foreign);
    const version = cluster.get<{ metadata: { resourceVersion: string } }>('Service', 'c-taken', 'default')?.metadata.resourceVersion;
    cluster.apply(aConnector({ name: 'taken', address: registries.sameOrigin.origin, secretName: 'login' }));
    const condition = await cluster.untilCondition('taken', 'Ready', { reason: 'ProxyServiceConflict' });
    expect(condition.message).toContain('Service "c-taken" exists');
    // A client that used an address would send its token to another server.
    expect(cluster.connector('taken')?.status?.proxy).toBeUndefined();
    expect(cluster.get<{ metadata: { resourceVersion: string } }>('Service', 'c-taken', 'default')?.metadata.resourceVersion).toBe(version);
  });

  it('adopts a Service that leads to the proxy of the installation', async () => {
    const externalName = 'connectors-proxy-service.connectors-system.svc.cluster.local';
    api.apply({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'c-adopted', namespace: 'default', labels: { team: 'a' } },
      spec: { type: 'ExternalName', externalName },
    } as never);
    cluster.apply(aConnector({ name: 'adopted', address: registries.sameOrigin.origin, secretName: 'login' }));
    await cluster.untilCondition('adopted', 'ProxyServiceReady', { status: 'True' });
    const service = cluster.get<{ metadata: { labels: object; ownerReferences: object[] } }>('Service', 'c-adopted', 'default');
    expect(service?.metadata).toMatchObject({
      labels: { team: 'a', 'connectors.alauda.io/connector': 'adopted' },
      ownerReferences: [{ name: 'adopted' }],
    });
  });

  it('does not delay other Connectors while probes of a silent host run', async () => {
    const held = 50;
    const address = `http://127.0.0.1:${registries.silent.port}`;
    for (let index = 0; index < held; index++) {
      cluster.apply(aConnector({ name: `held-${index}`, address: `${address}/p${index}`, secretName: 'login' }));
    }
    cluster.apply(aConnector({ name: 'quick', address: registries.sameOrigin.origin, secretName: 'login' }));
    await cluster.untilCondition('quick', 'Ready', { status: 'True' });
    await cluster.untilCondition(`held-${held - 1}`, 'LivenessReady', { reason: 'ConnectionFailed' });
  });
});
