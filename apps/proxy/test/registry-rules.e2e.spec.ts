import { JumpingClock, type ReceivedResponse, sendRequest } from '@oci-connector/testing-kit';
import {
  anImage,
  type FixtureRegistry,
  type FixtureRegistryOptions,
  harborQuirks,
  pushImage,
  quayQuirks,
} from '@oci-connector/testing-registry';
import { basic, CONNECTORS, errorOf, type ProxyWorld, type RequestOptions } from './proxy-world';
import { ACCOUNTS, at, OWNER, READER, RegistriesWorld, ROBOT, scopesAsked, tokenRequests } from './registries-world';

const clock = new JumpingClock();
let registries: RegistriesWorld;
let world: ProxyWorld;
const connect = (...args: Parameters<RegistriesWorld['connect']>): Promise<FixtureRegistry> => registries.connect(...args);

beforeAll(async () => {
  registries = await RegistriesWorld.start({ clock });
  ({ world } = registries);
});
afterAll(() => registries.close());

const quay: FixtureRegistryOptions = {
  auth: { mode: 'token', realm: 'same-origin', accounts: ACCOUNTS, tokens: { fields: 'token', omitExpiresIn: true, omitIssuedAt: true } },
  quirks: quayQuirks(),
};
const harbor: FixtureRegistryOptions = {
  auth: { mode: 'token', realm: 'request-host', accounts: ACCOUNTS, tokens: { fields: 'empty-access-token' } },
  quirks: harborQuirks(),
};

/** A push in the order of crane and skopeo (PATCH, then PUT) or of oras and helm (PUT alone); the status of each request. */
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

async function metric(name: string, labels: string): Promise<number> {
  const { body } = await sendRequest(`${world.proxy.adminUrl}/metrics`);
  const line = body
    .toString()
    .split('\n')
    .find((text) => text.startsWith(`${name}{`) && text.includes(labels));
  return Number(line?.split(' ').at(-1) ?? 0);
}

describe('a mount from where the account may not pull', () => {
  const distribution: FixtureRegistryOptions = { auth: { mode: 'token', realm: 'same-origin', accounts: ACCOUNTS } };

  it.each<[string, FixtureRegistryOptions]>([
    ['distribution', distribution],
    ['harbor', harbor],
    ['quay', quay],
  ])('ends as a plain upload and keeps nobody from pushing: %s', async (rules, options) => {
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
    'the first push to a repository that does not exist yet goes on, in the order of clients that %s',
    async (how) => {
      const registry = await connect(`quay-${how.toLowerCase()}`, quay);
      const statuses = await push(`quay-${how.toLowerCase()}`, 'org/new', how);
      expect(statuses.filter((status) => !/^HEAD 404|^POST 202|^PATCH 202|^PUT 201/.test(status))).toEqual([]);
      expect(registry.tags('org/new')).toEqual(['v1']);
    },
  );

  it('a hundred reads by puller and pusher create nothing and ask for no push, whatever the challenge says', async () => {
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

  it('after the POST the same reads are answered by the registry: a success ends every refusal, and the token to write serves those who may', async () => {
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

  it('the compatibility switch makes nobody a pusher: its clients are told 403', async () => {
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

describe("Harbor's rules", () => {
  it('a missing right is 403 with the words of the registry, not a wrong password and not an outage', async () => {
    const registry = await connect('harbor-reader', harbor, READER);
    const words = 'unauthorized to access repository: org/app, action: push';
    const post = await world.send(at('harbor-reader', 'org/app/blobs/uploads/'), { method: 'POST' });
    expect({ status: post.status, ...errorOf(post) }).toEqual({
      status: 403,
      code: 'DENIED',
      message: expect.stringContaining(words) as string,
    });
    expect(errorOf(post).message).toContain('Give the account that right');
    expect(errorOf(post).message).not.toContain('Secret');
    const image = anImage();
    for (let attempt = 0; attempt < 3; attempt++) {
      const put = await world.send(at('harbor-reader', 'org/app/manifests/v1'), {
        method: 'PUT',
        body: image.content,
        headers: { 'content-type': image.mediaType },
      });
      expect({ status: put.status, ...errorOf(put) }).toEqual({
        status: 403,
        code: 'DENIED',
        message: expect.stringContaining(words) as string,
      });
      expect(put.headers['www-authenticate']).toBeUndefined();
    }
    expect(registry.repositories()).toEqual([]);
    expect(
      await metric(
        'connectors_proxy_requests_total',
        'connector_namespace="platform",connector_name="harbor-reader",action="push",status="403",code="RegistryDenied"',
      ),
    ).toBe(4);
  });

  it('so is a project that does not exist, and so it is for a Connector without Secret', async () => {
    await connect('harbor-typo', harbor);
    const typo = await world.send(at('harbor-typo', 'ogr/app/manifests/v1'));
    expect({ status: typo.status, message: errorOf(typo).message }).toEqual({
      status: 403,
      message: expect.stringContaining('unauthorized to access repository: ogr/app') as string,
    });
    await connect('harbor-anonymous', harbor, null);
    for (const [method, path] of [
      ['GET', 'org/app/manifests/v1'],
      ['POST', 'org/app/blobs/uploads/'],
    ] as const) {
      const anonymous = await world.send(at('harbor-anonymous', path), { method });
      expect({ status: anonymous.status, message: errorOf(anonymous).message }).toEqual({
        status: 403,
        message: expect.stringMatching(/no credential\. Name a Secret.*The registry says: unauthorized/) as string,
      });
      expect(errorOf(anonymous).message).not.toContain('Correct');
    }
    expect((await world.send(at('harbor-anonymous', 'org/app/manifests/v1'), { method: 'HEAD' })).status).toBe(403);
  });

  it('a refused credential says so, goes out twice at most, and no more by other repositories and Connectors that share it', async () => {
    const wrong = { username: 'robot', password: 'wrong-horse' };
    const registry = await connect('harbor-wrong', harbor, wrong);
    await world.connect(registry, { name: 'harbor-wrong-too', credential: wrong });
    await world.connect(registry, { name: 'harbor-right', credential: { username: ROBOT.username, password: ROBOT.password } });
    registry.clearRequests();
    for (const connector of ['harbor-wrong', 'harbor-wrong-too']) {
      for (const [method, path] of [
        ['GET', 'org/app/manifests/v1'],
        ['HEAD', 'org/b/manifests/v1'],
        ['GET', 'org/c/tags/list'],
        ['POST', 'org/d/blobs/uploads/'],
      ] as const) {
        const response = await world.send(at(connector, path), { method });
        expect(response.status).toBe(403);
        if (method !== 'HEAD') {
          expect(errorOf(response)).toEqual({
            code: 'DENIED',
            message: expect.stringMatching(/refuses the credential .*Secret/) as string,
          });
        }
      }
    }
    const sent = registry.requests.filter(({ headers }) => headers.authorization === basic(wrong.password, wrong.username));
    expect(sent.map(({ path, query }) => path + query.includes('scope'))).toEqual(['/service/tokentrue', '/service/tokenfalse']);
    expect((await world.send(at('harbor-right', 'org/new/tags/list'))).status).toBe(404);
    expect(
      await metric(
        'connectors_proxy_requests_total',
        'connector_namespace="platform",connector_name="harbor-wrong",action="push",status="403",code="CredentialRefused"',
      ),
    ).toBe(1);
    expect(registry.requests.every(({ headers }) => headers.cookie === undefined)).toBe(true);
  });

  it('a write to the metadata of the Secret alone sends a refused credential no more, and a changed password works at once', async () => {
    const registry = await connect('harbor-labelled', harbor, { username: 'robot', password: 'wrong-mule' });
    const look = at('harbor-labelled', 'org/app/tags/list');
    expect((await world.send(look)).status).toBe(403);
    registry.clearRequests();
    const secret = (password: string, labels: object): void =>
      world.apply({
        apiVersion: 'v1',
        kind: 'Secret',
        type: 'cpaas.io/distribution-registry-token',
        metadata: { name: 'harbor-labelled-credential', namespace: CONNECTORS, labels },
        stringData: { username: 'robot', password },
      });
    secret('wrong-mule', { touched: 'yes' });
    expect((await world.send(look)).status).toBe(403);
    expect(tokenRequests(registry)).toEqual([]);
    secret(ROBOT.password, { touched: 'yes' });
    // A refused credential is read again at most four times a second.
    clock.jump(1_000);
    expect((await world.send(look)).status).toBe(404);
  });

  it('no token, password, query, control or bidirectional character of what a registry says reaches the client', async () => {
    const registry = await connect('hostile-words', { auth: { mode: 'token', realm: 'same-origin', accounts: ACCOUNTS } });
    const said = `no\u202E\u0007 right: https://user:pw@r.example/v2/?sig=TOPSECRET /x?token=TOPSECRET Bearer ${'Ab1'.repeat(20)} password=another-horse ${'x '.repeat(500)}`;
    registry.faults.add({
      kind: 'respond',
      status: 401,
      times: 5,
      body: JSON.stringify({ errors: [{ code: 'DENIED', message: said }] }),
      match: { path: /manifests/ },
    });
    const { message } = errorOf(await world.send(at('hostile-words', 'org/app/manifests/v1')));
    expect(message).toContain('no right: https://r.example/v2/?');
    expect(message).not.toMatch(/TOPSECRET|Ab1|another-horse|pw@|[\u0000-\u001f\u202a-\u202e\u2066-\u2069]/);
    expect(message.length).toBeLessThan(700);
    registry.faults.clear();
    registry.faults.add({
      kind: 'respond',
      status: 401,
      times: 5,
      body: JSON.stringify({ errors: [{ code: 'DENIED', message: `no right: ${ROBOT.password}` }] }),
      match: { path: /manifests/ },
    });
    expect(errorOf(await world.send(at('hostile-words', 'org/other/manifests/v1'))).message).not.toMatch(/no right|correct-horse/);
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

it("a token server's wait is passed on, and what is left of it to those who come later", async () => {
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
