import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@oci-connector/clock';
import { refusedHosts } from '@oci-connector/connector-api';
import { Sensitive } from '@oci-connector/sensitive';
import { eventually } from '@oci-connector/testing-kit';
import { type KubeApiServer, startKubeApi } from '@oci-connector/testing-kube-api';
import {
  AccessReviewer,
  EventRecorder,
  Events,
  InstallationEndpoints,
  KubeClient,
  LeaderElection,
  Leases,
  loadKubeConnection,
  metadataOf,
  type PartialObjectMetadata,
  Reflector,
  Secrets,
  TokenReviewer,
} from '../src/index';

const namespace = 'team-a';
const builder = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace, name: 'builder' } };
const secret = (name: string): { apiVersion: string; kind: string; metadata: { namespace: string; name: string }; data: object } => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { namespace, name },
  data: { password: Buffer.from('hunter2').toString('base64') },
});

/** All parts together against the embedded API. The unit specs test each part alone, and its behaviour during faults. */
describe('libs/kube against the embedded Kubernetes API', () => {
  let directory: string;
  let api: KubeApiServer;
  let client: KubeClient;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'kube-'));
    api = await startKubeApi({ objects: [builder] });
    const kubeconfig = join(directory, 'kubeconfig');
    await writeFile(kubeconfig, api.kubeconfig());
    client = KubeClient.fromConnection(await loadKubeConnection({ kubeconfig }));
  });

  afterEach(async () => {
    await client.close();
    await api.close();
    await rm(directory, { recursive: true });
  });

  it('follows the addresses of the Services of the API server and of the proxy', async () => {
    const apply = (metadata: { namespace: string; name: string; labels?: Record<string, string> }, ...addresses: string[]): unknown =>
      api.apply({
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata,
        ...{ addressType: 'IPv6', endpoints: addresses.map((address) => ({ addresses: [address] })), ports: [{ port: 6443 }] },
      });
    const labels = { 'kubernetes.io/service-name': 'proxy' };
    apply({ namespace: 'default', name: 'kubernetes' }, 'fd00::1', 'fd00::2');
    apply({ namespace: 'default', name: 'other', labels }, 'fd00::9');
    apply({ namespace, name: 'proxy-1', labels }, 'fd00::a');
    const installation = { namespace, proxyService: 'proxy', clusterDomain: 'cluster.local' };
    const endpoints = new InstallationEndpoints({ client, clock: systemClock, installation });
    expect(endpoints.refused.refusedHosts).toEqual(refusedHosts(installation, api.url));
    const are = (...expected: string[]): Promise<unknown> =>
      eventually(
        () =>
          endpoints.all
            .map(({ address, port = '*' }) => `${address} ${port}`)
            .sort()
            .join() === expected.join(),
      );
    endpoints.start();
    await are('fd00::1 6443', 'fd00::2 6443', 'fd00::a *');
    apply({ namespace: 'default', name: 'kubernetes' }, 'fd00::3');
    apply({ namespace, name: 'proxy-2', labels }, 'fd00::b');
    await are('fd00::3 6443', 'fd00::a *', 'fd00::b *');
    expect(endpoints.refused.refusedEndpoints()).toEqual(endpoints.all);
    await endpoints.stop();
  });

  it('reflects the metadata of Secrets, also after a lost history, and never sees their data', async () => {
    api.apply(secret('one'));
    const reflector = new Reflector<PartialObjectMetadata>({
      client,
      type: metadataOf(Secrets),
      namespace,
      timing: { backOffInitialMs: 5, backOffMaxMs: 20 },
    });
    reflector.start();
    const names = (): string =>
      reflector
        .list()
        .map(({ metadata }) => metadata.name)
        .sort()
        .join();
    await eventually(() => names() === 'one');
    api.apply(secret('two'));
    await eventually(() => names() === 'one,two');
    api.faults.failNext(1, { status: 410, reason: 'Expired', match: {} });
    api.faults.dropWatches();
    api.delete({ ...secret('one'), namespace, name: 'one' });
    await eventually(() => names() === 'two');
    await api.faults.refuseConnections();
    await api.faults.acceptConnections();
    api.apply(secret('three'));
    await eventually(() => names() === 'three,two');
    expect(JSON.stringify(reflector.list())).not.toContain('aHVudGVyMg');
    await reflector.stop();
  });

  it('reviews a token and the permissions of its owner', async () => {
    const tokens = new TokenReviewer({ client, audiences: ['connectors-proxy'] });
    const identity = await tokens.review(new Sensitive(api.issueToken({ namespace, name: 'builder', audiences: ['connectors-proxy'] })));
    expect(identity).toMatchObject({
      username: 'system:serviceaccount:team-a:builder',
      serviceAccount: { namespace, name: 'builder', uid: api.get({ ...builder, namespace, name: 'builder' })?.metadata.uid },
    });
    const access = new AccessReviewer({ client });
    const pull = { verb: 'get', group: 'connectors.alauda.io', resource: 'connectors', subresource: 'proxy', namespace, name: 'harbor' };
    expect(await access.isAllowed(identity, pull)).toBe(false);
    expect(await access.isAllowed({ username: 'root', uid: '', groups: ['system:masters'], extra: {} }, pull)).toBe(true);
  });

  it('leads, and writes Events', async () => {
    const errors: unknown[] = [];
    const election = new LeaderElection({ client, namespace, name: 'controller', identity: 'one', onError: (error) => errors.push(error) });
    election.start((term) => new Promise((resolve) => term.addEventListener('abort', () => resolve())));
    await eventually(() => election.isLeader);
    expect((await client.get(Leases, { namespace, name: 'controller' })).spec?.holderIdentity).toBe('one');
    await election.stop();
    expect(errors).toEqual([]);
    expect((await client.get(Leases, { namespace, name: 'controller' })).spec?.holderIdentity).toBeUndefined();

    const recorder = new EventRecorder({ client, component: 'test' });
    const object = { ...builder, metadata: { ...builder.metadata, uid: 'u' } };
    recorder.record(object, { type: 'Normal', reason: 'Tested', message: 'It works.' });
    recorder.record(object, { type: 'Normal', reason: 'Tested', message: 'It works.' });
    await recorder.flush();
    const events = await client.list(Events, { namespace });
    expect(events.items.map(({ reason, count }) => [reason, count])).toEqual([['Tested', 2]]);
  });
});
