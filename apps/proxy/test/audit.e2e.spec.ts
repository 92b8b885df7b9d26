import { sendRequest, until } from '@oci-connector/testing-kit';
import { aBlob, anImage, type FixtureRegistry, startFixtureRegistry } from '@oci-connector/testing-registry';
import { basic, CLIENTS, type ClientName, prefix, ProxyWorld } from './proxy-world';

const LOGIN = { username: 'robot', password: 'correct-horse-battery' };
const REPOSITORY = `${prefix()}/team/app`;

/** The line of a request says who did what, where, and with which result. */
describe('the audit by the access log', () => {
  let world: ProxyWorld;
  let registry: FixtureRegistry;
  let podUid: string;
  const image = anImage();
  const blob = aBlob('content of a layer');

  beforeAll(async () => {
    world = await ProxyWorld.start();
    registry = await startFixtureRegistry({
      auth: { mode: 'token', accounts: [{ ...LOGIN, grants: { '*': ['pull', 'push', 'delete'] } }] },
    });
    await world.connect(registry, { credential: LOGIN, trustedRealms: [registry.tokenOrigin] });
    const pod = { apiVersion: 'v1', kind: 'Pod', namespace: CLIENTS, name: 'build-7xk2p' };
    world.apply({
      apiVersion: pod.apiVersion,
      kind: pod.kind,
      metadata: { namespace: pod.namespace, name: pod.name },
      spec: { serviceAccountName: 'admin', containers: [{ name: 'main', image: 'main' }] },
    });
    podUid = world.kube.get(pod)?.metadata.uid ?? 'the pod has no UID';
    for (const { content, digest } of image.blobs) {
      await push(digest, content);
    }
    await act('PUT', `${REPOSITORY}/manifests/v1`, { body: image.content, headers: { 'content-type': image.mediaType } });
  });

  afterAll(async () => {
    await world.close();
    await registry.close();
  });

  /** Returns a token that is bound to the pod, as a CSI driver or a projected volume gets one. */
  async function tokenOfPod(): Promise<string> {
    const boundObjectRef = { apiVersion: 'v1', kind: 'Pod', name: 'build-7xk2p' };
    const { body } = await sendRequest(`${world.kube.url}/api/v1/namespaces/${CLIENTS}/serviceaccounts/admin/token`, {
      method: 'POST',
      headers: { authorization: `Bearer ${world.kube.adminToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: { audiences: ['connectors-proxy'], expirationSeconds: 3_600, boundObjectRef },
      }),
    });
    return (JSON.parse(body.toString()) as { status: { token: string } }).status.token;
  }

  /** Sends a request with the pod's token, and returns its line. */
  async function act(method: string, path: string, options: Parameters<ProxyWorld['send']>[1] = {}): Promise<Record<string, unknown>> {
    const before = world.accesses.length;
    const headers = { authorization: basic(await tokenOfPod()), ...options.headers };
    await world.send(path, { ...options, method, as: null, headers });
    await until(() => world.accesses.length > before);
    return world.accesses[before] ?? {};
  }

  async function push(digest: string, body: Buffer): Promise<Record<string, unknown>> {
    const { headers } = await world.send(`${REPOSITORY}/blobs/uploads/`, { method: 'POST', as: 'admin' });
    await until(() => world.accesses.at(-1)?.['method'] === 'POST');
    const location = headers.location ?? '';
    return act('PUT', `${location}${location.includes('?') ? '&' : '?'}digest=${encodeURIComponent(digest)}`, { body });
  }

  const who = (): object => ({ client: `${CLIENTS}/admin`, pod: `${CLIENTS}/build-7xk2p`, podUid, peer: '127.0.0.1', mode: 'reverse' });
  const where = (): object => ({ connector: 'platform/registry', registry: registry.url, repository: 'team/app' });

  it('has pod, tag and the digest of the response for a pull by tag', async () => {
    expect(await act('GET', `${REPOSITORY}/manifests/v1`)).toMatchObject({
      ...who(),
      ...where(),
      verb: 'get',
      action: 'pull',
      reference: 'v1',
      digest: image.digest,
      status: 200,
      outcome: 'ok',
      bytesOut: image.content.length,
    });
  });

  it('has the digest of the request for a pull by digest, and for a blob', async () => {
    const byDigest = await act('GET', `${REPOSITORY}/manifests/${image.digest.replace(':', '%3A')}`);
    expect(byDigest).toMatchObject({ ...who(), ...where(), action: 'pull', reference: image.digest, digest: image.digest, status: 200 });
    const [config] = image.blobs;
    const ofBlob = await act('GET', `${REPOSITORY}/blobs/${config?.digest}`);
    expect(ofBlob).toMatchObject({ ...who(), ...where(), action: 'pull', digest: config?.digest, status: 200 });
    expect(ofBlob).not.toHaveProperty('reference');
  });

  it('has the digest of an upload, and of a pushed manifest', async () => {
    expect(await push(blob.digest, blob.content)).toMatchObject({
      ...who(),
      ...where(),
      verb: 'update',
      action: 'push',
      digest: blob.digest,
      status: 201,
      bytesIn: blob.content.length,
    });
    const manifest = { body: image.content, headers: { 'content-type': image.mediaType } };
    expect(await act('PUT', `${REPOSITORY}/manifests/v2`, manifest)).toMatchObject({
      ...who(),
      ...where(),
      verb: 'update',
      action: 'push',
      reference: 'v2',
      digest: image.digest,
      status: 201,
    });
  });

  it('has what was deleted', async () => {
    expect(await act('DELETE', `${REPOSITORY}/blobs/${blob.digest}`)).toMatchObject({
      ...who(),
      ...where(),
      verb: 'delete',
      action: 'delete',
      digest: blob.digest,
      status: 202,
    });
  });

  it('has who tried what at which Connector for a client without permission, and nothing about the Connector itself', async () => {
    const before = world.accesses.length;
    await world.send(`${REPOSITORY}/manifests/v1`, { method: 'PUT', as: 'puller', body: 'x' });
    await until(() => world.accesses.length > before);
    const line = world.accesses[before];
    expect(line).toMatchObject({ client: `${CLIENTS}/puller`, connector: 'platform/registry', verb: 'update', code: 'PermissionDenied' });
    // The token of this client is bound to no pod.
    for (const field of ['pod', 'podUid', 'registry', 'digest']) {
      expect(line).not.toHaveProperty(field);
    }
  });

  it('has no digest that the registry did not send, or that is none', async () => {
    for (const sent of [undefined, 'not a digest', `sha256:${'a'.repeat(300)}`, ['sha256:aa', 'sha256:bb']]) {
      registry.faults.add({
        kind: 'respond',
        match: { path: '/v2/team/app/manifests/odd' },
        status: 200,
        body: '{}',
        headers: { 'content-type': image.mediaType, ...(sent !== undefined && { 'docker-content-digest': sent as string }) },
      });
      const line = await act('GET', `${REPOSITORY}/manifests/odd`);
      expect(line).toMatchObject({ reference: 'odd', status: 200 });
      expect(line).not.toHaveProperty('digest');
    }
  });

  it.each<[string, ClientName, string]>([
    ['a long path', 'admin', `${REPOSITORY}/manifests/${'a'.repeat(20_000)}`],
    ['a long repository', 'admin', `${prefix()}/${'a/'.repeat(10_000)}b/manifests/v1`],
    ['a long name of a Connector', 'admin', `${prefix('c'.repeat(20_000))}/app/manifests/v1`],
    ['a long digest', 'admin', `${REPOSITORY}/blobs/sha256:${'0'.repeat(20_000)}`],
  ])('has a limited length for %s', async (_name, as, path) => {
    const before = world.accesses.length;
    await world.send(path, { as });
    await until(() => world.accesses.length > before);
    expect(JSON.stringify(world.accesses[before]).length).toBeLessThan(2_000);
  });
});
