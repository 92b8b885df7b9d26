import { aConnector, aConnectorClass, aSecret, eventually } from '@oci-connector/testing-kit';
import { type KubeApiServer } from '@oci-connector/testing-kube-api';
import { startFixtureRegistry, type FixtureRegistry } from '@oci-connector/testing-registry';
import { type ConnectorClass, type ConnectorClassSpec } from '@oci-connector/connector-api';
import { type RunningController } from '../src/start-controller';
import { Cluster, startCluster, startReplica } from './controller-fixture';
import { LOGIN } from './registries-fixture';

jest.setTimeout(60_000);

describe('the controller in its environment', () => {
  let api: KubeApiServer;
  let cluster: Cluster;
  let registry: FixtureRegistry;
  let controller: RunningController | undefined;

  beforeEach(async () => {
    api = await startCluster();
    cluster = new Cluster(api);
    registry = await startFixtureRegistry({ auth: { mode: 'basic', accounts: [LOGIN] } });
    cluster.apply(aSecret({ name: 'login', stringData: LOGIN }));
  });
  afterEach(async () => {
    await controller?.stop();
    controller = undefined;
    await Promise.all([registry.close(), api.close()]);
  });

  it('writes the status of classes, and Connectors follow their class', async () => {
    controller = await startReplica(api);
    const conditions = (name: string): string =>
      (cluster.connectorClass(name)?.status?.conditions ?? [])
        .map(({ type, status, reason = '' }) => `${type}=${status} ${reason}`.trim())
        .join(', ');
    await eventually(() => conditions('oci') === 'Ready=True, APIReady=True NonAPI, ProxyReady=True', 'the status of the class');
    cluster.apply(aConnector({ name: 'one', address: registry.origin, secretName: 'login' }));
    await cluster.untilCondition('one', 'Ready', { status: 'True' });

    cluster.apply(aConnectorClass('oci', { spec: { proxy: { ref: { kind: 'Service', name: 'other', namespace: 'default' } } } }));
    await eventually(() => conditions('oci').startsWith('Ready=False ProxyNotSupported'), 'the refusal of the class');
    const refused = await cluster.untilCondition('one', 'Ready', { status: 'False', reason: 'ConnectorClassNotReady' });
    expect(refused.message).toContain("spec.proxy must name this installation's proxy");
    await eventually(() => cluster.events('oci').includes('Warning ProxyNotSupported'), 'the Event');

    cluster.apply(aConnectorClass('oci', { metadata: { annotations: { 'connectors.cpaas.io/proxy-resolver': 'host' } } }));
    await cluster.untilCondition('one', 'Ready', { status: 'True' });
    await eventually(
      () => cluster.connector('one')?.status?.proxy?.httpAddress?.url === 'http://c-one.default.svc.cluster.local',
      'the address by host',
    );
  });

  it('continues after an outage of the API server', async () => {
    controller = await startReplica(api);
    cluster.apply(aConnector({ name: 'before', address: registry.origin, secretName: 'login' }));
    await cluster.untilCondition('before', 'Ready', { status: 'True' });
    await api.faults.refuseConnections();
    cluster.apply(aConnector({ name: 'during', address: registry.origin, secretName: 'login' }));
    expect((await fetch(`${controller.adminUrl}/healthz`)).status).toBe(200);
    await api.faults.acceptConnections();
    await cluster.untilCondition('during', 'Ready', { status: 'True' });
    expect(cluster.condition('before', 'Ready')?.status).toBe('True');
  });

  it('repeats a status write after a conflict and after an error of the server', async () => {
    api.faults.failNext(3, { status: 409, reason: 'Conflict', match: { resource: 'connectors/status' } });
    api.faults.failNext(1, { status: 500, match: { resource: 'connectors/status' } });
    controller = await startReplica(api);
    cluster.apply(aConnector({ name: 'stubborn', address: registry.origin, secretName: 'login' }));
    await cluster.untilCondition('stubborn', 'Ready', { status: 'True' });
  });

  it('reports that the Service cannot be created', async () => {
    api.faults.failNext(Infinity, {
      status: 403,
      reason: 'Forbidden',
      message: 'exceeded quota',
      match: { verb: 'create', resource: 'services' },
    });
    controller = await startReplica(api);
    cluster.apply(aConnector({ name: 'quota', address: registry.origin, secretName: 'login' }));
    const condition = await cluster.untilCondition('quota', 'Ready', { status: 'False', reason: 'ProxyServiceNotFound' });
    expect(condition.message).toContain('exceeded quota');
  });

  it('reports that it may not read a Secret', async () => {
    api.faults.failNext(Infinity, { status: 403, reason: 'Forbidden', match: { verb: 'get', resource: 'secrets', name: 'login' } });
    controller = await startReplica(api);
    cluster.apply(aConnector({ name: 'narrow', address: registry.origin, secretName: 'login' }));
    const condition = await cluster.untilCondition('narrow', 'Ready', { status: 'False', reason: 'SecretNotFound' });
    expect(condition.message).toContain('may not read Secret "login" in namespace "default"');
    expect(condition.message).toContain('rbac.secretNamespaces');
  });

  it('watches Secrets only in the namespaces of the setting', async () => {
    controller = await startReplica(api, { settings: { secretNamespaces: ['default'] } });
    cluster.apply(aSecret({ name: 'later', stringData: { username: 'ada', password: 'wrong' } }));
    cluster.apply(aConnector({ name: 'named', address: registry.origin, secretName: 'later' }));
    await cluster.untilCondition('named', 'Ready', { reason: 'AuthenticationFailed' });
    cluster.apply(aSecret({ name: 'later', stringData: LOGIN }));
    await cluster.untilCondition('named', 'Ready', { status: 'True' });
    const lists = api.requests.find({ verb: 'list', resource: 'secrets' }).map(({ namespace }) => namespace);
    expect(new Set(lists)).toEqual(new Set(['default', 'connectors-system']));
  });

  it('sends the http probes of a class to any HTTP service, and reports probes that are not supported', async () => {
    const authProbe = (value: string): object => ({
      authName: 'basicAuth',
      probe: { http: { path: '/v2/', httpHeaders: [{ name: 'Authorization', value }] } },
    });
    const service = (name: string, header: string): ConnectorClass => {
      const livenessProbe = { http: { path: '/v2/', response: { cel: 'response.statusCode == 401' } } };
      const spec = {
        protocol: 'http',
        livenessProbe,
        auth: { types: [{ name: 'basicAuth', secretType: 'cpaas.io/distribution-registry-token' }] },
        authProbes: [authProbe(header)],
      };
      return aConnectorClass('oci', { metadata: { name }, spec: spec as Partial<ConnectorClassSpec> });
    };
    const header = `Basic ${Buffer.from(`${LOGIN.username}:${LOGIN.password}`).toString('base64')}`;
    cluster.apply(service('fixed', header));
    cluster.apply(service('templated', 'Basic {{ .Secret.StringData.username }}'));
    controller = await startReplica(api);
    for (const name of ['fixed', 'templated']) {
      cluster.apply(aConnector({ name, className: name, address: registry.origin, secretName: 'login', authName: 'basicAuth' }));
    }
    await cluster.untilCondition('fixed', 'Ready', { status: 'True' });
    const open = await cluster.untilCondition('templated', 'Ready', { status: 'Unknown', reason: 'ProbeNotSupported' });
    expect(open.message).toContain('template');
    expect(cluster.condition('templated', 'LivenessReady')?.status).toBe('True');
  });

  it('publishes the URLs for clients outside the cluster', async () => {
    controller = await startReplica(api, {
      settings: { externalHttpUrl: 'http://localhost:8080', externalHttpsUrl: 'https://localhost:8443' },
    });
    cluster.apply(aConnector({ name: 'outside', address: registry.origin, secretName: 'login' }));
    await cluster.untilCondition('outside', 'Ready', { status: 'True' });
    const proxy = await eventually(() => {
      const found = cluster.connector('outside')?.status?.proxy;
      return found?.httpsAddress && found;
    }, 'the https address');
    expect([proxy.httpAddress?.url, proxy.httpsAddress?.url]).toEqual([
      'http://localhost:8080/namespaces/default/connectors/outside',
      'https://localhost:8443/namespaces/default/connectors/outside',
    ]);
  });
});
