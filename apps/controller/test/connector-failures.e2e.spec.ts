import {
  aConnector,
  aConnectorClass,
  aSecret,
  type ConnectorOptions,
  eventually,
  TcpServer,
  TestCertificateAuthority,
  unusedPort,
} from '@oci-connector/testing-kit';
import { type KubeApiServer } from '@oci-connector/testing-kube-api';
import { startFixtureRegistry, type FixtureRegistry } from '@oci-connector/testing-registry';
import { type Condition, type ConditionType } from '@oci-connector/connector-api';
import { type RunningController } from '../src/start-controller';
import { Cluster, startCluster, startReplica } from './controller-fixture';

const PASSWORD = 'pw-of-the-fixture';
const login = { username: 'ada', password: PASSWORD };
const accounts = [login];

jest.setTimeout(60_000);

describe('a Connector that does not work', () => {
  let api: KubeApiServer;
  let cluster: Cluster;
  let controller: RunningController;
  let sameOrigin: FixtureRegistry;
  let otherOrigin: FixtureRegistry;
  let basic: FixtureRegistry;
  let secure: FixtureRegistry;
  let authority: TestCertificateAuthority;
  /** Accepts connections and says nothing. */
  let silent: TcpServer;
  let gonePort: number;

  beforeAll(async () => {
    api = await startCluster();
    cluster = new Cluster(api);
    authority = await TestCertificateAuthority.create();
    sameOrigin = await startFixtureRegistry({ auth: { mode: 'token', realm: 'same-origin', accounts } });
    otherOrigin = await startFixtureRegistry({ auth: { mode: 'token', realm: 'other-origin', accounts } });
    basic = await startFixtureRegistry({ auth: { mode: 'basic', accounts } });
    secure = await startFixtureRegistry({ tls: await authority.issue({ ips: ['127.0.0.1'] }) });
    silent = await TcpServer.start();
    gonePort = await unusedPort();
    cluster.apply(aSecret({ name: 'login', stringData: login }));
    cluster.apply(aSecret({ name: 'wrong', stringData: { username: 'ada', password: 'nonsense' } }));
    cluster.apply(aSecret({ name: 'keyless', stringData: { username: 'ada' } }));
    cluster.apply(aSecret({ name: 'basic', type: 'kubernetes.io/basic-auth', stringData: login }));
    cluster.apply(aSecret({ name: 'no-pem', type: 'Opaque', stringData: { 'ca.crt': 'none' } }));
    cluster.apply(aSecret({ name: 'ca', type: 'Opaque', stringData: { 'ca.crt': authority.caPem } }));
    cluster.apply(
      aConnectorClass('oci', {
        metadata: { name: 'strict' },
        spec: { auth: { types: [{ name: 'tokenAuth' }] }, authProbes: [], params: [{ name: 'team' }] },
      }),
    );
    cluster.apply(aConnectorClass('oci', { metadata: { name: 'no-liveness' }, spec: { livenessProbe: undefined } }));
    // Long enough for a busy machine; and whatever was too late all the same is asked again soon.
    controller = await startReplica(api, { settings: { livenessTimeout: 3_000, credentialTimeout: 3_000, livenessPeriod: 2_000 } });
  });
  afterAll(async () => {
    await controller.stop();
    await Promise.all([sameOrigin, otherOrigin, basic, secure, silent, api].map((server) => server.close()));
  });

  interface Row {
    readonly what: string;
    readonly connector: () => ConnectorOptions;
    readonly type: ConditionType;
    readonly expected: Partial<Condition>;
    readonly message: string | RegExp;
    /** Reason of Ready; default that of the condition. */
    readonly ready?: string;
  }
  const table: Row[] = [
    {
      what: 'a wrong password',
      connector: () => ({ address: sameOrigin.origin, secretName: 'wrong' }),
      type: 'AuthReady',
      expected: { status: 'False', reason: 'AuthenticationFailed' },
      message: /^Authentication failed: status code 401/,
    },
    {
      what: 'a password that is wanted and missing',
      connector: () => ({ address: basic.origin, authName: 'tokenAuth' }),
      type: 'AuthReady',
      expected: { status: 'False', reason: 'AuthenticationFailed' },
      message: 'spec.auth.secretRef',
    },
    {
      what: 'an unreachable host',
      connector: () => ({ address: `http://127.0.0.1:${gonePort}`, secretName: 'login' }),
      type: 'LivenessReady',
      expected: { status: 'False', reason: 'ConnectionFailed' },
      message: 'nothing listens there',
    },
    {
      what: 'a silent host',
      connector: () => ({ address: `http://127.0.0.1:${silent.port}`, secretName: 'login' }),
      type: 'LivenessReady',
      expected: { status: 'False', reason: 'ConnectionFailed' },
      message: '',
    },
    {
      what: 'a token server that is not trusted (C1)',
      connector: () => ({ address: otherOrigin.origin, secretName: 'login' }),
      type: 'AuthReady',
      expected: { status: 'False', reason: 'AuthRealmUntrusted' },
      message: 'spec.auth.trustedRealms',
    },
    {
      what: 'a certificate of an unknown authority',
      connector: () => ({ address: secure.origin, authName: 'tokenAuth' }),
      type: 'LivenessReady',
      expected: { status: 'False', reason: 'CertificateInvalid' },
      message: 'spec.caCertSecretRef',
    },
    {
      what: 'a web server (here: the Kubernetes API)',
      connector: () => ({ address: api.url, authName: 'tokenAuth' }),
      type: 'LivenessReady',
      expected: { status: 'False', reason: 'NotARegistry' },
      message: 'spec.address',
    },
    {
      what: 'a forbidden address (C9)',
      connector: () => ({ address: 'http://169.254.169.254', authName: 'tokenAuth' }),
      type: 'LivenessReady',
      expected: { status: 'False', reason: 'AddressNotAllowed' },
      message: 'OCI_CONNECTOR_EGRESS_ALLOW_CIDRS',
    },
    {
      what: 'a Secret that does not exist',
      connector: () => ({ address: sameOrigin.origin, secretName: 'nobody' }),
      type: 'SecretReady',
      expected: { status: 'False', reason: 'SecretNotFound' },
      message: 'Secret "nobody" does not exist in namespace "default"; create it with type cpaas.io/distribution-registry-token',
    },
    {
      what: 'a Secret of the wrong type',
      connector: () => ({ address: sameOrigin.origin, secretName: 'basic' }),
      type: 'SecretReady',
      expected: { status: 'False', reason: 'SecretTypeMismatch' },
      message: 'kubernetes.io/basic-auth',
    },
    {
      what: 'a Secret without a key',
      connector: () => ({ address: sameOrigin.origin, secretName: 'keyless' }),
      type: 'SecretReady',
      expected: { status: 'False', reason: 'SecretInvalid' },
      message: 'password',
    },
    {
      what: 'a Secret of another namespace (C17)',
      connector: () => ({
        address: sameOrigin.origin,
        spec: { auth: { name: 'tokenAuth', secretRef: { name: 'login', namespace: 'kube-system' } } },
      }),
      type: 'SecretReady',
      expected: { status: 'False', reason: 'SecretNamespaceNotAllowed' },
      message: 'kube-system',
    },
    {
      what: 'a Secret that its class demands',
      connector: () => ({
        address: sameOrigin.origin,
        className: 'strict',
        authName: 'tokenAuth',
        spec: { params: [{ name: 'team', value: 'a' }] },
      }),
      type: 'SecretReady',
      expected: { status: 'False', reason: 'SecretNotFound' },
      message: 'spec.auth.secretRef',
    },
    {
      what: 'a class that does not exist',
      connector: () => ({ address: sameOrigin.origin, className: 'nothing' }),
      type: 'ConnectorClassReady',
      expected: { status: 'False', reason: 'ConnectorClassNotFound' },
      message: 'ConnectorClass "nothing" does not exist',
    },
    {
      what: 'a parameter that its class demands',
      connector: () => ({ address: sameOrigin.origin, className: 'strict', secretName: 'login' }),
      type: 'ConnectorClassReady',
      expected: { status: 'False', reason: 'ConnectorInvalid' },
      message: 'team',
    },
    {
      what: 'an authentication type that its class has not',
      connector: () => ({ address: sameOrigin.origin, secretName: 'login', authName: 'magic' }),
      type: 'ConnectorClassReady',
      expected: { status: 'False', reason: 'ConnectorInvalid' },
      message: 'spec.auth.name',
    },
    {
      what: 'certificates that are none',
      connector: () => ({ address: sameOrigin.origin, secretName: 'login', spec: { caCertSecretRef: { name: 'no-pem' } } }),
      type: 'CACertReady',
      expected: { status: 'False', reason: 'InvalidPEM', severity: 'Info' },
      message: 'Secret "no-pem" contains invalid PEM data',
    },
    {
      what: 'that nothing is asked with certificates that are none',
      connector: () => ({ address: sameOrigin.origin, secretName: 'login', spec: { caCertSecretRef: { name: 'no-pem' } } }),
      type: 'LivenessReady',
      expected: { status: 'False', reason: 'CertificateInvalid' },
      message: 'spec.caCertSecretRef cannot be used: Secret "no-pem" contains invalid PEM data',
    },
    {
      what: 'that nothing is asked while the certificates are missing',
      connector: () => ({ address: sameOrigin.origin, secretName: 'login', spec: { caCertSecretRef: { name: 'no-secret' } } }),
      type: 'LivenessReady',
      expected: { status: 'False', reason: 'CertificateInvalid' },
      message: 'spec.caCertSecretRef cannot be used: Secret "no-secret"',
    },
    {
      what: 'a private CA that cannot be used, where the class looks at the credential only',
      connector: () => ({
        address: sameOrigin.origin,
        className: 'no-liveness',
        secretName: 'login',
        spec: { caCertSecretRef: { name: 'no-pem' } },
      }),
      type: 'AuthReady',
      expected: { status: 'False', reason: 'CertificateInvalid' },
      message: 'spec.caCertSecretRef cannot be used: Secret "no-pem" contains invalid PEM data: key "ca.crt"',
    },
  ];

  it.each(table.map((row, index) => ({ ...row, name: `failing-${index}` })))(
    'says so: $what',
    async ({ name, connector, type, expected, message }) => {
      cluster.apply(aConnector({ name, ...connector() }));
      const condition = await cluster.untilCondition(name, type, expected);
      expect(condition.message).toMatch(typeof message === 'string' ? new RegExp(message.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')) : message);
      if (condition.severity === 'Info') {
        await cluster.untilCondition(name, 'Ready', { status: 'False', reason: 'CertificateInvalid' });
      } else {
        expect(await cluster.untilCondition(name, 'Ready', { status: 'False' })).toMatchObject({ reason: expected.reason });
        await eventually(() => cluster.events(name).includes(`Warning ${expected.reason}`), 'the Event');
      }
    },
  );

  it('C1, C9, C17: no credential went anywhere it should not', () => {
    expect(otherOrigin.requests.filter(({ headers, server }) => headers.authorization !== undefined || server === 'token')).toEqual([]);
    expect(secure.requests).toEqual([]);
    expect(api.requests.count({ verb: 'get', resource: 'secrets', namespace: 'kube-system' })).toBe(0);
  });

  it('CA certificates have Events of their own', async () => {
    cluster.apply(
      aConnector({ name: 'ca-events', address: sameOrigin.origin, secretName: 'login', spec: { caCertSecretRef: { name: 'ca-later' } } }),
    );
    await eventually(
      () => cluster.events('ca-events').includes('Warning CACertSecretNotFound'),
      'the Event of what is still missing after a second',
    );
    cluster.apply(aSecret({ name: 'ca-later', type: 'Opaque', stringData: { 'ca.crt': 'none' } }));
    await cluster.untilCondition('ca-events', 'CACertReady', { reason: 'InvalidPEM' });
    await eventually(() => cluster.events('ca-events').includes('Warning InvalidCACert'), 'the Event of what is wrong with it');
  });

  it('a certificate is good once its authority is named', async () => {
    cluster.apply(aConnector({ name: 'private', address: secure.origin, authName: 'tokenAuth' }));
    await cluster.untilCondition('private', 'LivenessReady', { reason: 'CertificateInvalid' });
    cluster.apply(
      aConnector({ name: 'private', address: secure.origin, authName: 'tokenAuth', spec: { caCertSecretRef: { name: 'ca' } } }),
    );
    await cluster.untilCondition('private', 'Ready', { status: 'True' });
    expect(cluster.condition('private', 'CACertReady')).toMatchObject({
      status: 'True',
      reason: 'Valid',
      message: 'CA certificate loaded from secret "ca"',
    });
  });

  it('a refused password is tried once, shared by all who have it, and again when the Secret changes', async () => {
    const registry = await startFixtureRegistry({ auth: { mode: 'basic', accounts } });
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
      cluster.apply(aSecret({ name: 'changing', stringData: login }));
      for (const name of ['share-a', 'share-b']) {
        await cluster.untilCondition(name, 'Ready', { status: 'True' });
      }
      expect(tries()).toBe(2);
    } finally {
      await registry.close();
    }
  });

  it('recovers when the class arrives, the Secret arrives, the token server is trusted', async () => {
    cluster.apply(aConnector({ name: 'patient', address: otherOrigin.origin, className: 'later', secretName: 'later' }));
    await cluster.untilCondition('patient', 'Ready', { reason: 'ConnectorClassNotFound' });
    cluster.apply(aConnectorClass('oci', { metadata: { name: 'later' } }));
    await cluster.untilCondition('patient', 'Ready', { reason: 'SecretNotFound' });
    cluster.apply(aSecret({ name: 'later', stringData: login }));
    await cluster.untilCondition('patient', 'Ready', { reason: 'AuthRealmUntrusted' });
    cluster.apply(
      aConnector({
        name: 'patient',
        address: otherOrigin.origin,
        className: 'later',
        secretName: 'later',
        trustedRealms: [otherOrigin.tokenOrigin],
      }),
    );
    await cluster.untilCondition('patient', 'Ready', { status: 'True' });
  });

  it('leaves the Service of somebody else alone, and says whose it is', async () => {
    const foreign = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'c-taken', namespace: 'default' },
      spec: { type: 'ClusterIP', ports: [{ port: 80 }] },
    };
    api.apply(foreign);
    const version = cluster.get<{ metadata: { resourceVersion: string } }>('Service', 'c-taken', 'default')?.metadata.resourceVersion;
    cluster.apply(aConnector({ name: 'taken', address: sameOrigin.origin, secretName: 'login' }));
    const condition = await cluster.untilCondition('taken', 'Ready', { reason: 'ProxyServiceConflict' });
    expect(condition.message).toContain('Service "c-taken" exists');
    // Whoever followed an address would bring their token to a stranger.
    expect(cluster.connector('taken')?.status?.proxy).toBeUndefined();
    expect(cluster.get<{ metadata: { resourceVersion: string } }>('Service', 'c-taken', 'default')?.metadata.resourceVersion).toBe(version);
  });

  it('adopts a Service that leads to our proxy', async () => {
    const externalName = 'connectors-proxy-service.connectors-system.svc.cluster.local';
    api.apply({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'c-adopted', namespace: 'default', labels: { team: 'a' } },
      spec: { type: 'ExternalName', externalName },
    } as never);
    cluster.apply(aConnector({ name: 'adopted', address: sameOrigin.origin, secretName: 'login' }));
    await cluster.untilCondition('adopted', 'ProxyServiceReady', { status: 'True' });
    const service = cluster.get<{ metadata: { labels: object; ownerReferences: object[] } }>('Service', 'c-adopted', 'default');
    expect(service?.metadata).toMatchObject({
      labels: { team: 'a', 'connectors.alauda.io/connector': 'adopted' },
      ownerReferences: [{ name: 'adopted' }],
    });
  });

  it('does not keep others waiting', async () => {
    const held = 50;
    const address = `http://127.0.0.1:${silent.port}`;
    for (let index = 0; index < held; index++) {
      cluster.apply(aConnector({ name: `held-${index}`, address: `${address}/p${index}`, secretName: 'login' }));
    }
    cluster.apply(aConnector({ name: 'quick', address: sameOrigin.origin, secretName: 'login' }));
    await cluster.untilCondition('quick', 'Ready', { status: 'True' });
    await cluster.untilCondition(`held-${held - 1}`, 'LivenessReady', { reason: 'ConnectionFailed' });
  });
});
