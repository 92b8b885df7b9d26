import { JumpingClock } from '@oci-connector/testing-kit';
import { type FixtureRegistry, startFixtureRegistry } from '@oci-connector/testing-registry';
import { basic, CLIENTS, CONNECTORS, errorOf, prefix, ProxyWorld, type RequestOptions } from './proxy-world';
import { rawExchange } from './raw-exchange';

const ACCOUNT = { username: 'robot', password: 'correct-horse-battery' };
const MANIFEST = `${prefix()}/team/app/manifests/v1`;

interface Refusal {
  readonly path?: string;
  readonly options?: RequestOptions;
  readonly status: number;
  readonly code: string;
  readonly message: RegExp;
}

describe('requests that the proxy itself refuses', () => {
  /** The clock of the proxy and of the API server. */
  const clock = new JumpingClock();
  let world: ProxyWorld;
  let registry: FixtureRegistry;

  beforeAll(async () => {
    world = await ProxyWorld.start({ clock, kube: { minimumTokenSeconds: 1, clock: () => clock.now() } });
    registry = await startFixtureRegistry({ auth: { mode: 'token', accounts: [ACCOUNT] } });
    const trusted = { credential: ACCOUNT, trustedRealms: [registry.tokenOrigin] };
    await world.connect(registry, trusted);
    await world.connect(registry, { name: 'untrusting', credential: ACCOUNT });
    await world.connect(registry, { name: 'no-class', className: 'absent' });
    await world.connect(registry, { name: 'no-secret', secretName: 'absent', trustedRealms: [registry.tokenOrigin] });
    await world.connect(registry, { name: 'other-type', ...trusted, authName: 'basicAuth' });
    await world.connect(registry, { name: 'no-auth-type', ...trusted, authName: 'absent' });
    await world.connect(registry, { name: 'no-ca', ...trusted, spec: { caCertSecretRef: { name: 'absent' } } });
    await world.connect(registry, {
      name: 'foreign-secret',
      spec: { auth: { name: 'tokenAuth', secretRef: { name: 'registry-credential', namespace: CLIENTS } } },
    });
    await world.connect({ url: 'http://169.254.169.254' }, { name: 'metadata' });
    await world.connect({ url: 'http://127.0.0.1:1' }, { name: 'nobody-there' });
    world.applyClass('rego', { auth: { types: [{ name: 'tokenAuth', generator: { rego: 'package proxy' } }] } });
    world.applyClass('rego-extractor', {
      proxy: { ref: { kind: 'Service', name: 'connectors-proxy-service' }, authExtractor: { rego: 'package proxy' } },
    });
    world.applyClass('no-proxy', { proxy: undefined });
    world.applyClass('wants-secret', { auth: { types: [{ name: 'tokenAuth', optional: false }] } });
    await world.connect(registry, { name: 'rego', className: 'rego' });
    await world.connect(registry, { name: 'rego-extractor', className: 'rego-extractor' });
    await world.connect(registry, { name: 'no-proxy', className: 'no-proxy' });
    await world.connect(registry, { name: 'wants-secret', className: 'wants-secret', authName: 'tokenAuth' });
  });

  beforeEach(() => registry.clearRequests());

  afterAll(async () => {
    await world.close();
    await registry.close();
  });

  async function refused({ path = MANIFEST, options = {}, status, code, message }: Refusal): Promise<void> {
    const response = await world.send(path, options);
    expect({ status: response.status, ...errorOf(response) }).toEqual({ status, code, message: expect.stringMatching(message) as string });
    expect(response.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(response.headers['www-authenticate']).toBe(status === 401 ? 'Basic realm="connectors"' : undefined);
    // A refused request causes no request to a registry, not even one without a credential.
    expect(registry.requests).toEqual([]);
  }

  const unauthenticated = { status: 401, code: 'UNAUTHORIZED' };
  const audience = /audience "connectors-proxy"/;

  it.each<[string, () => RequestOptions, RegExp]>([
    ['no Authorization', () => ({ as: null }), audience],
    ['another scheme', () => ({ as: null, headers: { authorization: 'Negotiate abc' } }), audience],
    ['Basic that is not base64', () => ({ as: null, headers: { authorization: 'Basic ***' } }), audience],
    [
      'Basic without a colon',
      () => ({ as: null, headers: { authorization: `Basic ${Buffer.from('token').toString('base64')}` } }),
      audience,
    ],
    [
      'a password that is not a token',
      () => ({ as: null, headers: { authorization: basic('secret') } }),
      /not a token that a Kubernetes API server issues/,
    ],
    [
      'a token for another audience',
      () => ({ as: null, headers: { authorization: basic(world.token('pusher', { audiences: ['other'] })) } }),
      /for another audience; one with audience "connectors-proxy"/,
    ],
    [
      'a token for the API server itself',
      () => ({ as: null, headers: { authorization: basic(world.kube.issueToken({ namespace: CLIENTS, name: 'pusher' })) } }),
      audience,
    ],
    [
      'a token with a broken signature',
      () => ({ as: null, headers: { authorization: basic(`${world.token('pusher').slice(0, -8)}AAAAAAAA`) } }),
      /does not accept the token/,
    ],
  ])('401: %s', async (_name, options, message) => {
    await refused({ ...unauthenticated, options: options(), message });
  });

  it('C11 audience replay: a token for another audience is refused without a request to the API server', async () => {
    world.kube.requests.clear();
    await refused({
      ...unauthenticated,
      options: { as: null, headers: { authorization: basic(world.token('pusher', { audiences: ['other'] })) } },
      message: audience,
    });
    expect(world.kube.requests.count({ resource: 'tokenreviews' })).toBe(0);
  });

  it('401: an expired token', async () => {
    const token = world.token('pusher', { expirationSeconds: 1 });
    clock.jump(2_000);
    await refused({
      ...unauthenticated,
      options: { as: null, headers: { authorization: basic(token) } },
      message: /expired; get a new one with audience "connectors-proxy"/,
    });
  });

  it('401: a token of a deleted ServiceAccount', async () => {
    world.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'leaver', namespace: CLIENTS } });
    const token = world.kube.issueToken({ namespace: CLIENTS, name: 'leaver', audiences: ['connectors-proxy'] });
    world.kube.delete({ apiVersion: 'v1', kind: 'ServiceAccount', namespace: CLIENTS, name: 'leaver' });
    await refused({
      ...unauthenticated,
      options: { as: null, headers: { authorization: basic(token) } },
      message: /does not accept the token/,
    });
  });

  const denied = { status: 403, code: 'DENIED' };

  it.each<[string, string, RequestOptions, RegExp]>([
    [
      'no permission',
      MANIFEST,
      { as: 'stranger' },
      /^system:serviceaccount:team:stranger may not get connectors\/proxy "registry" in namespace "platform"; bind it to the ClusterRole connectors-puller there: kubectl create rolebinding team-stranger-connectors-puller --namespace=platform --clusterrole=connectors-puller --serviceaccount=team:stranger$/,
    ],
    [
      'no permission for a Connector that does not exist, with the same message',
      `${prefix('absent')}/a/manifests/v1`,
      { as: 'stranger' },
      /may not get connectors\/proxy "absent"/,
    ],
    [
      'permission to pull, on a push',
      `${prefix()}/team/app/blobs/uploads/`,
      { as: 'puller', method: 'POST' },
      /may not update .* connectors-pusher/,
    ],
    ['permission to pull, on the status of an upload', `${prefix()}/team/app/blobs/uploads/abc`, { as: 'puller' }, /may not update/],
    [
      'permission to push, on a deletion',
      MANIFEST,
      { as: 'pusher', method: 'DELETE' },
      /may not delete .* the ClusterRole connectors-admin there: kubectl create rolebinding/,
    ],
  ])('403: %s', async (_name, path, options, message) => {
    await refused({ ...denied, path, options, message });
  });

  it.each<[string, string, RequestOptions, number, string, RegExp]>([
    [
      'an unknown connector, requested with permission',
      `${prefix('absent')}/a/manifests/v1`,
      {},
      404,
      'NAME_UNKNOWN',
      /^there is no connector "absent" in namespace "platform"; compare with kubectl get connectors -A$/,
    ],
    [
      'a class without proxy',
      `${prefix('no-proxy')}/a/manifests/v1`,
      {},
      404,
      'NAME_UNKNOWN',
      /has no proxy: its class "no-proxy" has no spec.proxy/,
    ],
    [
      'a host that names no connector',
      '/v2/library/alpine/manifests/latest',
      { host: 'proxy.example' },
      404,
      'NAME_UNKNOWN',
      /neither the path nor the host "proxy.example" names a connector/,
    ],
    ['the catalog', '/v2/_catalog', {}, 404, 'UNSUPPORTED', /catalog is not served: .*; list the tags of one repository/],
    ['the catalog of a connector', '/v2/_catalog', { host: `c-registry.${CONNECTORS}` }, 404, 'UNSUPPORTED', /./],
    ['an unknown route', `${prefix()}/team/app/secrets/x`, {}, 404, 'UNSUPPORTED', /./],
    ['an unknown method', MANIFEST, { method: 'PROPFIND' }, 405, 'UNSUPPORTED', /method PROPFIND is not served/],
    ['a push to the API version check', '/v2/', { method: 'POST' }, 405, 'UNSUPPORTED', /./],
    [
      'an unknown class',
      `${prefix('no-class')}/a/manifests/v1`,
      {},
      424,
      'DENIED',
      /of class "absent", which does not exist; correct spec.connectorClassName/,
    ],
    ['a class that needs Rego for the credential', `${prefix('rego')}/a/manifests/v1`, {}, 424, 'DENIED', /contains Rego/],
    ['a class that needs Rego for the token', `${prefix('rego-extractor')}/a/manifests/v1`, {}, 424, 'DENIED', /contains Rego/],
    [
      'a missing Secret',
      `${prefix('no-secret')}/a/manifests/v1`,
      {},
      424,
      'DENIED',
      /Secret "absent" does not exist in namespace "platform"/,
    ],
    [
      'a Secret of another type',
      `${prefix('other-type')}/a/manifests/v1`,
      {},
      424,
      'DENIED',
      /has type "cpaas.io\/distribution-registry-token", but .* "kubernetes.io\/basic-auth"/,
    ],
    [
      'a Secret in another namespace',
      `${prefix('foreign-secret')}/a/manifests/v1`,
      {},
      424,
      'DENIED',
      /must live in its own namespace "platform"/,
    ],
    ['no Secret where the class requires one', `${prefix('wants-secret')}/a/manifests/v1`, {}, 424, 'DENIED', /its class requires one/],
    ['an unknown auth type', `${prefix('no-auth-type')}/a/manifests/v1`, {}, 424, 'DENIED', /has no auth type "absent"/],
    ['a missing CA', `${prefix('no-ca')}/a/manifests/v1`, {}, 424, 'DENIED', /Secret "absent" does not exist/],
    [
      'an address that the egress policy refuses',
      `${prefix('metadata')}/a/manifests/v1`,
      {},
      424,
      'DENIED',
      /169\.254\.169\.254.*metadata/,
    ],
    [
      'an address where nothing listens',
      `${prefix('nobody-there')}/a/manifests/v1`,
      {},
      502,
      'UNKNOWN',
      /127\.0\.0\.1:1.*nothing listens there/,
    ],
    [
      "the proxy's own Via",
      MANIFEST,
      { headers: { via: '1.1 squid, 1.1 connectors-proxy' } },
      508,
      'UNKNOWN',
      /already passed through "connectors-proxy"/,
    ],
  ])('%s', async (_name, path, options, status, code, message) => {
    await refused({ path, options, status, code, message });
  });

  it('424: an untrusted realm, to which no credential is sent (C1)', async () => {
    const response = await world.send(`${prefix('untrusting')}/team/app/manifests/v1`);
    expect(response.status).toBe(424);
    expect(errorOf(response)).toEqual({ code: 'DENIED', message: expect.stringContaining('trustedRealms') as string });
    expect(registry.requests.map(({ server, path, headers }) => [server, path, headers.authorization])).toEqual([
      ['registry', '/v2/', undefined],
    ]);
  });

  it.each([
    ['a dot segment', `${prefix()}/team/../app/manifests/v1`],
    ['a dot segment before the connector', `/v2/x/..${prefix().slice(3)}/app/manifests/v1`],
    ['an escaped dot segment', `${prefix()}/team/%2e%2e/app/manifests/v1`],
    ['a double slash', `${prefix()}//team/app/manifests/v1`],
    ['an escaped slash', `${prefix()}/team%2Fapp/manifests/v1`],
    ['an escape elsewhere than in a digest', `${prefix()}/t%65am/app/manifests/v1`],
    ['a backslash', `${prefix()}/team\\app/manifests/v1`],
    ['a semicolon', `${prefix()}/team/app;x/manifests/v1`],
    ['upper case in the repository', `${prefix()}/Team/app/manifests/v1`],
    ['a connector that is not a DNS label', `${prefix('Registry')}/app/manifests/v1`],
    ['a namespace that is not a DNS label', `${prefix('registry', 'a_b')}/app/manifests/v1`],
    ['an escape in the connector', '/v2/namespaces/platform/connectors/re%67istry/app/manifests/v1'],
  ])('C5 path confusion: 400 for %s', async (_name, path) => {
    const response = await rawExchange(world.proxy.httpPort, [
      `GET ${path} HTTP/1.1`,
      `Host: c-registry.${CONNECTORS}`,
      `Authorization: ${basic(world.token('admin'))}`,
      'Connection: close',
    ]);
    expect(response).toMatch(/^HTTP\/1\.1 400 /);
    expect(response).toContain('"code":"NAME_INVALID"');
    expect(registry.requests).toEqual([]);
  });

  it('answers HEAD without a body', async () => {
    const response = await world.send(MANIFEST, { as: null, method: 'HEAD' });
    expect(response.status).toBe(401);
    expect(response.body.length).toBe(0);
    expect(Number(response.headers['content-length'])).toBeGreaterThan(0);
  });
});
