import { JumpingClock, type ReceivedResponse } from '@oci-connector/testing-kit';
import { anImage, type FixtureRegistry, type FixtureRegistryOptions, pushImage } from '@oci-connector/testing-registry';
import { CONNECTORS, errorOf, type ProxyWorld, type RequestOptions } from './proxy-world';
import { ACCOUNTS, at, harbor, OWNER, quay, RegistriesWorld, scopesAsked, tokenRequests } from './registries-world';

const clock = new JumpingClock();
let registries: RegistriesWorld;
let world: ProxyWorld;
const connect = (...args: Parameters<RegistriesWorld['connect']>): Promise<FixtureRegistry> => registries.connect(...args);

beforeAll(async () => {
  registries = await RegistriesWorld.start({ clock });
  ({ world } = registries);
});
afterAll(() => registries.close());

/** Pushes in the order of crane and skopeo (PATCH, then PUT) or of oras and helm (only PUT). Returns the status of each request. */
async function push(connector: string, repository: string, how: 'PATCH' | 'PUT', options: RequestOptions = {}): Promise<string[]> {
  const image = anImage();
  const statuses: string[] = [];
  const send = async (path: string, more: RequestOptions): Promise<ReceivedResponse> => {
    const response = await world.send(path, { ...options, ...more });
    statuses.push(`${more.method} ${response.status}`);
    return response;
  };
  for (const { digest, content } of image.blobs) {
    await send(at(connector, `${repository}/blobs/${digest}`), { method: 'HEAD' });
    let { location } = (await send(at(connector, `${repository}/blobs/uploads/`), { method: 'POST' })).headers;
    if (how === 'PATCH') {
      ({ location } = (await send(location ?? '', { method: 'PATCH', body: content })).headers);
    }
    const body = how === 'PATCH' ? undefined : content;
    await send(`${location ?? ''}${location?.includes('?') ? '&' : '?'}digest=${digest}`, {
      method: 'PUT',
      body,
      headers: body ? {} : { 'content-length': '0' },
    });
  }
  await send(at(connector, `${repository}/manifests/v1`), { method: 'HEAD' });
  await send(at(connector, `${repository}/manifests/v1`), {
    method: 'PUT',
    body: image.content,
    headers: { 'content-type': image.mediaType },
  });
  return statuses;
}

describe('a mount from a repository that the account may not pull', () => {
  const distribution: FixtureRegistryOptions = { auth: { mode: 'token', realm: 'same-origin', accounts: ACCOUNTS } };

  it.each<[string, FixtureRegistryOptions]>([
    ['distribution', distribution],
    ['harbor', harbor],
    ['quay', quay],
  ])('becomes a plain upload and does not prevent the push: %s', async (rules, options) => {
    const name = `mount-${rules}`;
    const registry = await connect(name, options);
    const uploads = at(name, 'org/app/blobs/uploads/');
    const mount = `${uploads}?mount=sha256:${'a'.repeat(64)}&from=namespaces/${CONNECTORS}/connectors/${name}/other/app`;
    expect((await world.send(mount, { method: 'POST' })).status).toBe(202);
    expect(tokenRequests(registry).length).toBeLessThanOrEqual(2);
    expect((await world.send(uploads, { method: 'POST' })).status).toBe(202);
    clock.jump(70_000);
    expect((await world.send(mount, { method: 'POST' })).status).toBe(202);
  });
});

describe("Quay's rules", () => {
  it.each(['PATCH', 'PUT'] as const)(
    'the first push to a repository that does not exist yet succeeds, in the order of clients that %s',
    async (how) => {
      const registry = await connect(`quay-${how.toLowerCase()}`, quay);
      const statuses = await push(`quay-${how.toLowerCase()}`, 'org/new', how);
      expect(statuses.filter((status) => !/^HEAD 404|^POST 202|^PATCH 202|^PUT 201/.test(status))).toEqual([]);
      expect(registry.tags('org/new')).toEqual(['v1']);
    },
  );

  it('a hundred reads by puller and pusher create nothing and request no push, even if the challenge names it', async () => {
    const registry = await connect('quay-reads', quay);
    registry.quirks.challengeScope = 'repository:org/new:pull,push';
    const digest = `sha256:${'a'.repeat(64)}`;
    const reads = [`manifests/v1`, `blobs/${digest}`, 'tags/list', `referrers/${digest}`].flatMap((path) =>
      (['GET', 'HEAD'] as const).map((method) => ({ path, method })),
    );
    for (let read = 0; read < 100; read++) {
      const { path, method } = reads[read % reads.length] ?? { path: '', method: 'GET' };
      const as = read % 3 === 0 ? 'puller' : 'pusher';
      const before = tokenRequests(registry).length;
      const { status } = await world.send(at('quay-reads', `org/new/${path}`), { method, as });
      const isLook = method === 'HEAD' && /^(?:manifests|blobs)/.test(path);
      expect({ read, as, status }).toEqual({ read, as, status: isLook && as === 'pusher' ? 404 : 403 });
      expect(tokenRequests(registry).length - before).toBeLessThanOrEqual(2);
    }
    expect(registry.repositories()).toEqual([]);
    expect(scopesAsked(registry).filter((scope) => scope?.includes('push'))).toEqual([]);
  });

  it('after the POST the registry answers the same reads: a success ends every refusal, and clients that may write use the write token', async () => {
    const registry = await connect('quay-after', quay);
    const blob = at('quay-after', `org/new/blobs/sha256:${'a'.repeat(64)}`);
    expect((await world.send(blob, { method: 'HEAD' })).status).toBe(404);
    expect((await world.send(blob, { method: 'HEAD', as: 'puller' })).status).toBe(403);
    expect((await world.send(at('quay-after', 'org/new/blobs/uploads/'), { method: 'POST' })).status).toBe(202);
    registry.clearRequests();
    expect((await world.send(blob)).status).toBe(404);
    expect((await world.send(at('quay-after', 'org/new/tags/list'))).status).toBe(200);
    expect(tokenRequests(registry)).toEqual([]);
    expect((await world.send(blob, { method: 'HEAD', as: 'puller' })).status).toBe(404);
    expect(scopesAsked(registry)).toEqual(['repository:org/new:pull']);
  });

  it('the compatibility switch gives no permission to push: its clients get 403', async () => {
    await connect('quay-switch', quay);
    world.apply({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'sees-connectors' },
      rules: [{ apiGroups: ['connectors.alauda.io'], resources: ['connectors'], verbs: ['get'] }],
    });
    world.bind('stranger', 'sees-connectors');
    const look = at('quay-switch', 'org/new/manifests/v1');
    const proof = async (proxy: RequestOptions['proxy']): Promise<void> => {
      expect((await world.send(look, { method: 'HEAD', as: 'stranger', proxy })).status).toBe(403);
      expect((await world.send(look, { method: 'HEAD', as: 'pusher', proxy })).status).toBe(404);
    };
    await registries.withReplica(proof, { acceptGetConnectors: true });
  });

  it('deletions and cancelled uploads work, although the token server does not know "delete"', async () => {
    const registry = await connect('quay-delete', quay);
    await push('quay-delete', 'org/app', 'PUT');
    const { location } = (await world.send(at('quay-delete', 'org/app/blobs/uploads/'), { method: 'POST' })).headers;
    registry.clearRequests();
    expect((await world.send(location ?? '', { method: 'DELETE' })).status).toBe(204);
    expect((await world.send(at('quay-delete', 'org/app/manifests/v1'), { method: 'DELETE', as: 'admin' })).status).toBe(202);
    expect(registry.openUploads()).toEqual([]);
    expect(registry.tags('org/app')).toEqual([]);
    expect(scopesAsked(registry)).toEqual(['repository:org/app:pull,push,delete', 'repository:org/app:delete']);
    await push('quay-delete', 'org/other', 'PUT');
    registry.clearRequests();
    expect((await world.send(at('quay-delete', 'org/other/manifests/v1'), { method: 'DELETE', as: 'admin' })).status).toBe(202);
    expect(scopesAsked(registry).filter((scope) => scope?.includes('delete'))).toEqual([]);
  });
});

it('403 insufficient_scope is a request for a wider token, once, within the verb (IBM)', async () => {
  const registry = await connect('ibm', {
    auth: { mode: 'token', realm: 'same-origin', accounts: ACCOUNTS },
    quirks: { insufficientScopeStatus: 403, deleteNeeds: ['*'] },
  });
  await pushImage({ url: registry.url, repository: 'org/app', reference: 'v1', auth: OWNER }, anImage());
  registry.clearRequests();
  expect((await world.send(at('ibm', 'org/app/manifests/v1'), { method: 'DELETE', as: 'admin' })).status).toBe(202);
  expect(scopesAsked(registry)).toEqual(['repository:org/app:delete', 'repository:org/app:*']);
  registry.clearRequests();
  const refused = await world.send(at('ibm', 'other/app/manifests/v1'));
  expect({ status: refused.status, code: errorOf(refused).code }).toEqual({ status: 403, code: 'DENIED' });
  expect(scopesAsked(registry)).toEqual(['repository:other/app:pull', null]);
});

it('Gitea: Bearer and Basic in two header lines and the scope *: pushed, pulled and listed', async () => {
  const registry = await connect('gitea', {
    auth: { mode: 'token', realm: 'same-origin', accounts: ACCOUNTS },
    quirks: { challengeScope: '*', furtherChallenges: ['Basic realm="gitea",service="container_registry",scope="*"'] },
  });
  expect((await push('gitea', 'org/app', 'PUT')).filter((status) => /(?:401|403|5\d\d)$/.test(status))).toEqual([]);
  expect((await world.send(at('gitea', 'org/app/tags/list'))).body.toString()).toContain('"v1"');
  expect(registry.tags('org/app')).toEqual(['v1']);
  expect(scopesAsked(registry).some((scope) => scope === '*')).toBe(false);
});

it("passes on a token server's Retry-After, and the rest of it to later requests", async () => {
  const registry = await connect('waits', { auth: { mode: 'token', realm: 'same-origin', accounts: ACCOUNTS } });
  for (const [said, told] of [
    ['1.5', undefined],
    ['10, 20', undefined],
    ['-1', undefined],
    ['90', '90'],
  ] as const) {
    registry.quirks.tokenAnswer = { kind: 'status', status: 429, headers: { 'retry-after': said } };
    const response = await world.send(at('waits', `org/${said.replace(/\W/g, 'x')}a/manifests/v1`));
    expect([response.status, response.headers['retry-after']]).toEqual([429, told]);
  }
});
