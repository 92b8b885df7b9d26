import { JumpingClock, until } from '@oci-connector/testing-kit';
import { type FixtureRegistry, startFixtureRegistry } from '@oci-connector/testing-registry';
import { CLIENTS, errorOf, prefix, ProxyWorld } from './proxy-world';

const ACCOUNT = { username: 'robot', password: 'correct-horse-battery' };
const TAGS = `${prefix()}/team/app/tags/list`;
const MINUTE = 60_000;
/** Time limit of one call to the API server. In milliseconds. */
const TIMEOUT = 5_000;
const UNAVAILABLE = { code: 'UNAVAILABLE', message: 'the Kubernetes API does not respond; try again' };

describe('when the API server is down', () => {
  let world: ProxyWorld;
  let registry: FixtureRegistry;
  let clock: JumpingClock;

  beforeEach(async () => {
    clock = new JumpingClock();
    world = await ProxyWorld.start({ clock });
    registry = await startFixtureRegistry({ auth: { mode: 'basic', accounts: [ACCOUNT] } });
    await world.connect(registry, { credential: ACCOUNT });
  });

  afterEach(async () => {
    await world.close();
    await registry.close();
  });

  it('serves clients that were allowed before for five minutes, and refuses all others (C10)', async () => {
    const client = { as: null, headers: { authorization: `Bearer ${world.token('pusher')}` } };
    expect((await world.send(TAGS, client)).status).toBe(404);
    const stranger = { as: null, headers: { authorization: `Bearer ${world.token('puller')}` } };
    await world.kube.faults.refuseConnections();

    clock.jump(MINUTE);
    const during = await world.send(TAGS, client);
    // The fixture's own answer about a repository that does not exist: the request was forwarded.
    expect({ status: during.status, code: errorOf(during).code }).toEqual({ status: 404, code: 'NAME_UNKNOWN' });
    registry.clearRequests();
    const refused = await world.send(TAGS, stranger);
    expect({ status: refused.status, ...errorOf(refused) }).toEqual({ status: 503, ...UNAVAILABLE });
    expect(refused.headers['retry-after']).toBe('1');

    clock.jump(5 * MINUTE);
    expect((await world.send(TAGS, client)).status).toBe(503);
    expect(registry.requests).toEqual([]);

    await world.kube.faults.acceptConnections();
    expect((await world.send(TAGS, client)).status).toBe(404);
  });

  it('delays one client by one timeout when the API server hangs, and no other client that was allowed before', async () => {
    const [client, other] = [world.token('pusher'), world.token('pusher')].map((token) => ({
      as: null,
      headers: { authorization: `Bearer ${token}` },
    }));
    expect((await world.send(TAGS, client)).status).toBe(404);
    expect((await world.send(TAGS, other)).status).toBe(404);
    clock.jump(11_000);
    world.kube.faults.pause();
    world.kube.requests.clear();
    const asked = (): string[] => world.kube.requests.entries.map(({ resource, path }) => resource || path);

    const first = world.send(TAGS, client);
    await until(() => asked().length > 0);
    expect(asked()).toEqual(['tokenreviews']);
    clock.expire(TIMEOUT);
    // The fixture's own answer about a repository that does not exist: the request was forwarded.
    expect((await first).status).toBe(404);
    expect((await world.send(TAGS, other)).status).toBe(404);
    expect((await world.send(TAGS, client)).status).toBe(404);
    // The proxy asks in the background, with at most one call of each kind.
    expect(new Set(asked())).toEqual(new Set(['tokenreviews', '/version', 'subjectaccessreviews', 'secrets']));

    registry.clearRequests();
    world.kube.requests.clear();
    const stranger = world.send(TAGS, { as: 'puller' });
    await until(() => asked().includes('tokenreviews'));
    const impatience = setInterval(() => clock.expire(TIMEOUT), 50).unref();
    const refused = await stranger;
    clearInterval(impatience);
    expect(refused.status).toBe(503);
    expect(registry.requests).toEqual([]);

    world.kube.delete({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      namespace: 'platform',
      name: 'pusher-connectors-pusher',
    });
    world.kube.faults.resume();
    await until(async () => (await world.send(TAGS, client)).status === 403);
  });

  it.each(['tokenreviews', 'subjectaccessreviews'])(
    'C10 fail-open: %s that hang while the API server answers other calls do not extend an earlier permission',
    async (resource) => {
      const client = { as: null, headers: { authorization: `Bearer ${world.token('pusher')}` } };
      expect((await world.send(TAGS, client)).status).toBe(404);
      clock.jump(11_000);
      world.kube.delete({
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        namespace: 'platform',
        name: 'pusher-connectors-pusher',
      });
      world.kube.faults.pause({ resource });
      const impatience = setInterval(() => clock.expire(TIMEOUT), 50).unref();
      for (let attempt = 0; attempt < 3; attempt += 1) {
        expect((await world.send(TAGS, client)).status).toBe(503);
      }
      clearInterval(impatience);
      world.kube.faults.clear();
      await until(async () => (await world.send(TAGS, client)).status === 403);
    },
  );

  it('stops serving a client when its token expires', async () => {
    const token = world.token('pusher', { expirationSeconds: 600 });
    const client = { as: null, headers: { authorization: `Bearer ${token}` } };
    clock.jump(8 * MINUTE);
    expect((await world.send(TAGS, client)).status).toBe(404);
    await world.kube.faults.refuseConnections();
    clock.jump(2 * MINUTE);
    const response = await world.send(TAGS, client);
    expect({ status: response.status, code: errorOf(response).code }).toEqual({ status: 401, code: 'UNAUTHORIZED' });
    await world.kube.faults.acceptConnections();
  });

  it.each(['tokenreviews', 'subjectaccessreviews'])(
    'C10 fail-open: 503 when %s are answered with an error, also for clients that were allowed before',
    async (resource) => {
      const client = { as: null, headers: { authorization: `Bearer ${world.token('pusher')}` } };
      expect((await world.send(TAGS, client)).status).toBe(404);
      clock.jump(11_000);
      registry.clearRequests();
      world.kube.faults.failNext(Infinity, { status: 500, match: { resource } });
      const response = await world.send(TAGS, client);
      expect({ status: response.status, ...errorOf(response) }).toEqual({ status: 503, ...UNAVAILABLE });
      expect(registry.requests).toEqual([]);
      world.kube.faults.clear();
    },
  );

  it('C10 fail-open: 503 when reviews are throttled (GHSA-2v5f-5r6w-p67r read 429 as permission)', async () => {
    registry.clearRequests();
    world.kube.faults.failNext(Infinity, { status: 429, match: { resource: 'subjectaccessreviews' } });
    expect((await world.send(TAGS, { as: 'admin' })).status).toBe(503);
    expect(registry.requests).toEqual([]);
    world.kube.faults.clear();
  });

  it('C12 revocation: a removed permission ends within ten seconds', async () => {
    const client = { as: null, headers: { authorization: `Bearer ${world.token('puller')}` } };
    expect((await world.send(TAGS, client)).status).toBe(404);
    world.kube.delete({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      namespace: 'platform',
      name: 'puller-connectors-puller',
    });
    clock.jump(10_001);
    expect((await world.send(TAGS, client)).status).toBe(403);
  });

  it('C12 revocation: a ServiceAccount that is created again with the same name is another one', async () => {
    const client = { as: null, headers: { authorization: `Bearer ${world.token('puller')}` } };
    expect((await world.send(TAGS, client)).status).toBe(404);
    world.kube.delete({ apiVersion: 'v1', kind: 'ServiceAccount', namespace: CLIENTS, name: 'puller' });
    world.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'puller', namespace: CLIENTS } });
    clock.jump(10_001);
    expect((await world.send(TAGS, client)).status).toBe(401);
  });

  it('applies a changed password within ten seconds', async () => {
    const client = { as: null, headers: { authorization: `Bearer ${world.token('pusher')}` } };
    expect((await world.send(TAGS, client)).status).toBe(404);
    world.kube.apply({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'registry-credential', namespace: 'platform' },
      type: 'cpaas.io/distribution-registry-token',
      data: { username: Buffer.from('robot').toString('base64'), password: Buffer.from('no longer').toString('base64') },
    } as Parameters<typeof world.kube.apply>[0]);
    clock.jump(10_001);
    expect((await world.send(TAGS, client)).status).toBe(403);
  });
});
