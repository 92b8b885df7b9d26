import { aConnector, aConnectorClass, aSecret, type ConnectorOptions, eventually, unusedPort } from '@oci-connector/testing-kit';
import { type KubeApiServer } from '@oci-connector/testing-kube-api';
import { type Condition, type ConditionType } from '@oci-connector/connector-api';
import { type Cluster } from './controller-fixture';
import { type ControllerWorld, PATIENT, startControllerWorld } from './controller-world';
import { LOGIN, type Registries, startRegistries } from './registries-fixture';

jest.setTimeout(60_000);

describe('a Connector that does not work', () => {
  let world: ControllerWorld<Registries>;
  let api: KubeApiServer;
  let cluster: Cluster;
  let registries: Registries;
  let gonePort: number;

  beforeAll(async () => {
    world = await startControllerWorld(startRegistries, { settings: PATIENT });
    ({ api, cluster, servers: registries } = world);
    gonePort = await unusedPort();
    cluster.apply(aSecret({ name: 'wrong', stringData: { username: 'ada', password: 'nonsense' } }));
    cluster.apply(aSecret({ name: 'keyless', stringData: { username: 'ada' } }));
    cluster.apply(aSecret({ name: 'basic', type: 'kubernetes.io/basic-auth', stringData: LOGIN }));
    cluster.apply(aSecret({ name: 'no-pem', type: 'Opaque', stringData: { 'ca.crt': 'none' } }));
    cluster.apply(aSecret({ name: 'ca', type: 'Opaque', stringData: { 'ca.crt': registries.authority.caPem } }));
    cluster.apply(
      aConnectorClass('oci', {
        metadata: { name: 'strict' },
        spec: { auth: { types: [{ name: 'tokenAuth' }] }, authProbes: [], params: [{ name: 'team' }] },
      }),
    );
    cluster.apply(aConnectorClass('oci', { metadata: { name: 'no-liveness' }, spec: { livenessProbe: undefined } }));
  });
  afterAll(() => world.close());

  interface Row {
    readonly what: string;
    readonly connector: () => ConnectorOptions;
    readonly type: ConditionType;
    readonly expected: Partial<Condition>;
    readonly message: string | RegExp;
    /** Reason of Ready; default: that of the condition. */
    readonly ready?: string;
  }
  const table: Row[] = [
    {
      what: 'a wrong password',
      connector: () => ({ address: registries.sameOrigin.origin, secretName: 'wrong' }),
      type: 'AuthReady',
      expected: { status: 'False', reason: 'AuthenticationFailed' },
      message: /^Authentication failed: status code 401/,
    },
    {
      what: 'a required password that is missing',
      connector: () => ({ address: registries.basic.origin, authName: 'tokenAuth' }),
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
      connector: () => ({ address: `http://127.0.0.1:${registries.silent.port}`, secretName: 'login' }),
      type: 'LivenessReady',
      expected: { status: 'False', reason: 'ConnectionFailed' },
      message: '',
    },
    {
      what: 'a token server that is not trusted (C1)',
      connector: () => ({ address: registries.otherOrigin.origin, secretName: 'login' }),
      type: 'AuthReady',
      expected: { status: 'False', reason: 'AuthRealmUntrusted' },
      message: 'spec.auth.trustedRealms',
    },
    {
      what: 'a certificate of an unknown authority',
      connector: () => ({ address: registries.secure.origin, authName: 'tokenAuth' }),
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
      connector: () => ({ address: registries.sameOrigin.origin, secretName: 'nobody' }),
      type: 'SecretReady',
      expected: { status: 'False', reason: 'SecretNotFound' },
      message: 'Secret "nobody" does not exist in namespace "default"; create it with type cpaas.io/distribution-registry-token',
    },
    {
      what: 'a Secret of the wrong type',
      connector: () => ({ address: registries.sameOrigin.origin, secretName: 'basic' }),
      type: 'SecretReady',
      expected: { status: 'False', reason: 'SecretTypeMismatch' },
      message: 'kubernetes.io/basic-auth',
    },
    {
      what: 'a Secret without a key',
      connector: () => ({ address: registries.sameOrigin.origin, secretName: 'keyless' }),
      type: 'SecretReady',
      expected: { status: 'False', reason: 'SecretInvalid' },
      message: 'password',
    },
    {
      what: 'a Secret of another namespace (C17)',
      connector: () => ({
        address: registries.sameOrigin.origin,
        spec: { auth: { name: 'tokenAuth', secretRef: { name: 'login', namespace: 'kube-system' } } },
      }),
      type: 'SecretReady',
      expected: { status: 'False', reason: 'SecretNamespaceNotAllowed' },
      message: 'kube-system',
    },
    {
      what: 'a missing Secret that its class requires',
      connector: () => ({
        address: registries.sameOrigin.origin,
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
      connector: () => ({ address: registries.sameOrigin.origin, className: 'nothing' }),
      type: 'ConnectorClassReady',
      expected: { status: 'False', reason: 'ConnectorClassNotFound' },
      message: 'ConnectorClass "nothing" does not exist',
    },
    {
      what: 'a missing parameter that its class requires',
      connector: () => ({ address: registries.sameOrigin.origin, className: 'strict', secretName: 'login' }),
      type: 'ConnectorClassReady',
      expected: { status: 'False', reason: 'ConnectorInvalid' },
      message: 'team',
    },
    {
      what: 'an authentication type that its class does not have',
      connector: () => ({ address: registries.sameOrigin.origin, secretName: 'login', authName: 'magic' }),
      type: 'ConnectorClassReady',
      expected: { status: 'False', reason: 'ConnectorInvalid' },
      message: 'spec.auth.name',
    },
    {
      what: 'invalid CA certificates',
      connector: () => ({ address: registries.sameOrigin.origin, secretName: 'login', spec: { caCertSecretRef: { name: 'no-pem' } } }),
      type: 'CACertReady',
      expected: { status: 'False', reason: 'InvalidPEM', severity: 'Info' },
      message: 'Secret "no-pem" contains invalid PEM data',
    },
    {
      what: 'CertificateInvalid, and sends no probe, when the CA certificates are invalid',
      connector: () => ({ address: registries.sameOrigin.origin, secretName: 'login', spec: { caCertSecretRef: { name: 'no-pem' } } }),
      type: 'LivenessReady',
      expected: { status: 'False', reason: 'CertificateInvalid' },
      message: 'spec.caCertSecretRef cannot be used: Secret "no-pem" contains invalid PEM data',
    },
    {
      what: 'CertificateInvalid, and sends no probe, while the CA certificates are missing',
      connector: () => ({ address: registries.sameOrigin.origin, secretName: 'login', spec: { caCertSecretRef: { name: 'no-secret' } } }),
      type: 'LivenessReady',
      expected: { status: 'False', reason: 'CertificateInvalid' },
      message: 'spec.caCertSecretRef cannot be used: Secret "no-secret"',
    },
    {
      what: 'an unusable private CA when the class has only an auth probe',
      connector: () => ({
        address: registries.sameOrigin.origin,
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
    'reports $what',
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

  it('C1, C9, C17: sends no credential to an untrusted server, and reads no foreign Secret', () => {
    expect(
      registries.otherOrigin.requests.filter(({ headers, server }) => headers.authorization !== undefined || server === 'token'),
    ).toEqual([]);
    expect(registries.secure.requests).toEqual([]);
    expect(api.requests.count({ verb: 'get', resource: 'secrets', namespace: 'kube-system' })).toBe(0);
  });

  it('records CA certificate problems as Events with their own reasons', async () => {
    cluster.apply(
      aConnector({
        name: 'ca-events',
        address: registries.sameOrigin.origin,
        secretName: 'login',
        spec: { caCertSecretRef: { name: 'ca-later' } },
      }),
    );
    await eventually(
      () => cluster.events('ca-events').includes('Warning CACertSecretNotFound'),
      'the Event of the Secret that is still missing after a second',
    );
    cluster.apply(aSecret({ name: 'ca-later', type: 'Opaque', stringData: { 'ca.crt': 'none' } }));
    await cluster.untilCondition('ca-events', 'CACertReady', { reason: 'InvalidPEM' });
    await eventually(() => cluster.events('ca-events').includes('Warning InvalidCACert'), 'the Event of the invalid certificate');
  });
});
