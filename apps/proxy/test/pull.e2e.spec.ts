import { type ReceivedResponse, sendRequest, TestCertificateAuthority } from '@oci-connector/testing-kit';
import {
  aBlob,
  anImage,
  type BuiltImage,
  type FixtureAuth,
  type FixtureRegistry,
  pullImage,
  pushImage,
  startFixtureRegistry,
} from '@oci-connector/testing-registry';
import { basic, CONNECTORS, errorOf, prefix, ProxyWorld } from './proxy-world';

const ACCOUNT = { username: 'robot', password: 'correct-horse-battery' };
const CREDENTIALS = { mode: 'token', accounts: [ACCOUNT] } as const;

describe.each([true, false])('pulling through the proxy with bodyRelay %s', (bodyRelay) => {
  let world: ProxyWorld;
  let registry: FixtureRegistry;
  let closing: FixtureRegistry[] = [];
  const image = anImage({ layerBytes: 100_000 });
  const layer = image.blobs[1] ?? aBlob('');
  const repository = `${prefix()}/team/app`;

  beforeAll(async () => {
    world = await ProxyWorld.start({ settings: { bodyRelay } });
    registry = await registryWith(CREDENTIALS, image);
    closing = [];
    await world.connect(registry, { credential: ACCOUNT, trustedRealms: [registry.tokenOrigin] });
  });

  beforeEach(() => registry.clearRequests());

  afterEach(async () => {
    Object.assign(registry.quirks, { blobRedirect: undefined, pageSize: undefined });
    await Promise.all(closing.splice(0).map((other) => other.close()));
  });

  afterAll(async () => {
    await world.close();
    await registry.close();
  });

  async function registryWith(
    auth: FixtureAuth,
    content: BuiltImage,
    options: Parameters<typeof startFixtureRegistry>[0] = {},
  ): Promise<FixtureRegistry> {
    const started = await startFixtureRegistry({ auth, ...options });
    closing.push(started);
    await pushImage({ url: started.url, repository: `${options.repositoryPrefix ?? 'team'}/app`, reference: 'v1', auth: ACCOUNT }, content);
    return started;
  }

  const pullFrom = (name: string, repositoryName = 'team/app'): Promise<BuiltImage> =>
    pullImage({
      url: `http://127.0.0.1:${world.proxy.httpPort}`,
      repository: `${prefix(name).slice(4)}/${repositoryName}`,
      reference: 'v1',
      auth: { username: 'any', password: world.token('puller') },
    });

  it.each<[string, FixtureAuth, Record<string, string> | undefined]>([
    ['tokens from another origin', CREDENTIALS, ACCOUNT],
    ['tokens from its own origin', { ...CREDENTIALS, realm: 'same-origin' }, ACCOUNT],
    ['Basic', { mode: 'basic', accounts: [ACCOUNT] }, ACCOUNT],
    ['no login', { mode: 'anonymous' }, undefined],
    ['anonymous tokens', { ...CREDENTIALS, anonymousGrants: { '*': ['pull'] }, realm: 'same-origin' }, undefined],
  ])('from a registry that requires %s', async (kind, auth, credential) => {
    const other = await registryWith(auth, image);
    const name = `from-${kind.toLowerCase().replace(/\W+/g, '-')}`;
    await world.connect(other, { name, credential, trustedRealms: [other.tokenOrigin] });
    expect((await pullFrom(name)).digest).toBe(image.digest);
  });

  it('from an address with a path prefix', async () => {
    const other = await registryWith(CREDENTIALS, image, { repositoryPrefix: 'tenant' });
    await world.connect({ url: `${other.url}/tenant` }, { name: 'prefixed', credential: ACCOUNT, trustedRealms: [other.tokenOrigin] });
    expect((await pullFrom('prefixed', 'app')).digest).toBe(image.digest);
  });

  it('from https with a private authority, and only with it', async () => {
    const authority = await TestCertificateAuthority.create();
    const tls = await authority.issue({ ips: ['127.0.0.1'] });
    const other = await startFixtureRegistry({ tls });
    closing.push(other);
    await pushImage({ url: other.url, repository: 'team/app', reference: 'v1', ca: authority.caPem }, image);
    world.apply({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'private-ca', namespace: CONNECTORS },
      data: { 'ca.crt': Buffer.from(authority.caPem).toString('base64') },
    });
    await world.connect(other, { name: 'private', spec: { caCertSecretRef: { name: 'private-ca' } } });
    expect((await pullFrom('private')).digest).toBe(image.digest);

    await world.connect(other, { name: 'unknown-authority' });
    const response = await world.send(`${prefix('unknown-authority')}/team/app/manifests/v1`);
    expect({ status: response.status, ...errorOf(response) }).toEqual({
      status: 424,
      code: 'DENIED',
      message: expect.stringMatching(/caCertSecretRef/) as string,
    });
  });

  it('passes on manifests and their headers, for GET and HEAD, by tag and digest', async () => {
    for (const reference of ['v1', image.digest]) {
      for (const method of ['GET', 'HEAD']) {
        const response = await world.send(`${repository}/manifests/${reference}`, { method, headers: { accept: image.mediaType } });
        expect(response.status).toBe(200);
        expect(response.headers).toMatchObject({
          'docker-content-digest': image.digest,
          'content-type': image.mediaType,
          'content-length': String(image.content.length),
        });
        expect(response.body.toString()).toBe(method === 'HEAD' ? '' : image.content.toString());
      }
    }
  });

  it('accepts an escaped colon in the digest position', async () => {
    expect((await world.send(`${repository}/manifests/${image.digest.replace(':', '%3A')}`)).status).toBe(200);
    expect(registry.requests.at(-1)?.path).toBe(`/v2/team/app/manifests/${image.digest}`);
  });

  it('passes on ranges', async () => {
    const response = await world.send(`${repository}/blobs/${layer.digest}`, { headers: { range: 'bytes=10-19' } });
    expect(response.status).toBe(206);
    expect(response.headers['content-range']).toBe('bytes 10-19/100000');
    expect(response.body).toEqual(layer.content.subarray(10, 20));
    expect((await world.send(`${repository}/blobs/${layer.digest}`, { headers: { range: 'bytes=200000-' } })).status).toBe(416);
  });

  it('passes a 404 on unchanged, so that clients fall back', async () => {
    const response = await world.send(`${repository}/manifests/absent`);
    expect({ status: response.status, code: errorOf(response).code }).toEqual({ status: 404, code: 'MANIFEST_UNKNOWN' });
  });

  it('lists tags under the name that the client used, page by page', async () => {
    registry.quirks.pageSize = 1;
    await pushImage({ url: registry.url, repository: 'team/app', reference: 'v2', auth: ACCOUNT }, image);
    const first = await world.send(`${repository}/tags/list`);
    expect(JSON.parse(first.body.toString())).toEqual({ name: repository.slice(4), tags: ['v1'] });
    const [, next = ''] = /^<([^>]+)>; rel="next"$/.exec(first.headers.link as string) ?? [];
    expect(next.startsWith(`${repository}/tags/list?`)).toBe(true);
    expect(JSON.parse((await world.send(next)).body.toString())).toMatchObject({ tags: ['v2'] });
  });

  it.each([301, 302, 303, 307, 308] as const)('follows %i of a blob, with its range and without the credential (C2)', async (status) => {
    registry.quirks.blobRedirect = { status, hops: 3 };
    const response = await world.send(`${repository}/blobs/${layer.digest}`, { headers: { range: 'bytes=0-9' } });
    expect({ status: response.status, location: response.headers.location }).toEqual({ status: 206, location: undefined });
    expect(response.body).toEqual(layer.content.subarray(0, 10));
    const elsewhere = registry.requests.filter(({ server }) => server === 'cdn');
    expect(elsewhere.length).toBeGreaterThan(0);
    for (const { headers } of elsewhere) {
      expect(headers).toMatchObject({ range: 'bytes=0-9' });
      expect(headers.authorization).toBeUndefined();
      expect(headers.cookie).toBeUndefined();
    }
  });

  it.each<[string, string, RegExp]>([
    ['to a place that the egress policy refuses', 'http://169.254.169.254/latest/meta-data', /metadata/],
    ['to another scheme', 'file:///etc/passwd', /neither http nor https/],
    ['with a user name', 'http://user:pass@127.0.0.1/', /user name/],
  ])('502 for a redirect %s (C9)', async (_name, location, message) => {
    registry.quirks.blobRedirect = { location: () => location };
    const response = await world.send(`${repository}/blobs/${layer.digest}`);
    expect({ status: response.status, ...errorOf(response) }).toEqual({
      status: 502,
      code: 'UNKNOWN',
      message: expect.stringMatching(message) as string,
    });
    expect(response.headers.location).toBeUndefined();
  });

  it('502 for endless redirects', async () => {
    registry.quirks.blobRedirect = { location: () => `${registry.url}/v2/team/app/blobs/${layer.digest}` };
    const response = await world.send(`${repository}/blobs/${layer.digest}`);
    expect({ status: response.status, ...errorOf(response) }).toEqual({
      status: 502,
      code: 'UNKNOWN',
      message: expect.stringMatching(/more than 5 redirects/) as string,
    });
    expect(registry.requests.filter(({ path }) => path.includes('blobs'))).toHaveLength(6);
  });

  it('uses the Connector in the path, even if the host names another one', async () => {
    expect((await world.send(`${repository}/manifests/v1`, { host: 'c-absent.platform.svc.cluster.local' })).status).toBe(200);
    expect((await world.send('/v2/team/app/manifests/v1', { host: 'c-registry.platform.svc.cluster.local:80' })).status).toBe(200);
    expect((await world.send('/namespaces/platform/connectors/registry/v2/team/app/manifests/v1')).status).toBe(200);
  });

  it('removes the query parameter that mirrors add', async () => {
    await world.send(`${repository}/manifests/v1?ns=docker.io`);
    expect(registry.requests.at(-1)?.query).toBe('');
  });

  describe('over https', () => {
    const https = (host: string, options: { ca?: string } = {}): Promise<ReceivedResponse> =>
      sendRequest(`https://${host}/v2/team/app/manifests/v1`, {
        connectTo: { host: '127.0.0.1', port: world.proxy.httpsPort },
        headers: { authorization: basic(world.token('puller')) },
        ca: world.ca.certificate,
        ...options,
      });

    it.each(['c-registry.platform', 'c-registry.platform.svc', 'c-registry.platform.svc.cluster.local'])(
      'serves %s with a certificate that the CA signed',
      async (host) => {
        expect((await https(host)).status).toBe(200);
      },
    );

    it("serves the proxy's own names", async () => {
      expect((await https('connectors-proxy-service.connectors-system.svc')).status).toBe(404);
    });

    it.each(['c-absent.platform.svc', 'c-registry.platform.svc.evil.example', 'registry-1.docker.io'])(
      'issues no certificate for %s',
      async (host) => {
        await expect(https(host)).rejects.toThrow(/ECONNRESET|alert|disconnected|hang up/);
      },
    );
  });
});
