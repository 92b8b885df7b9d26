import { randomBytes } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { Readable } from 'node:stream';
import { type ReceivedResponse } from '@oci-connector/testing-kit';
import { aBlob, anImage, type FixtureRegistry, pullImage, pushImage, startFixtureRegistry } from '@oci-connector/testing-registry';
import { basic, errorOf, prefix, ProxyWorld } from './proxy-world';

const ACCOUNT = { username: 'robot', password: 'correct-horse-battery' };
const REPOSITORY = `${prefix()}/team/app`;
const UPLOADS = `${REPOSITORY}/blobs/uploads/`;

describe('pushing through the proxy', () => {
  let world: ProxyWorld;
  let registry: FixtureRegistry;

  beforeAll(async () => {
    world = await ProxyWorld.start();
    registry = await startFixtureRegistry({ auth: { mode: 'token', accounts: [ACCOUNT] } });
    await world.connect(registry, { credential: ACCOUNT, trustedRealms: [registry.tokenOrigin] });
  });

  beforeEach(() => registry.clearRequests());

  afterEach(() => {
    registry.faults.clear();
    Object.assign(registry.quirks, { uploadLocation: undefined, uploadQuery: undefined, patchStatus: undefined });
  });

  afterAll(async () => {
    await world.close();
    await registry.close();
  });

  const begin = async (): Promise<string> => {
    const response = await world.send(UPLOADS, { method: 'POST' });
    expect(response.status).toBe(202);
    return response.headers.location ?? '';
  };

  const finish = (location: string, digest: string, options: Parameters<ProxyWorld['send']>[1] = {}): Promise<ReceivedResponse> =>
    world.send(`${location}${location.includes('?') ? '&' : '?'}digest=${digest}`, { method: 'PUT', ...options });

  it.each([
    ['in path form', () => ({ url: `http://127.0.0.1:${world.proxy.httpPort}`, repository: `${REPOSITORY.slice(4)}` })],
    [
      'in host form',
      () => ({ url: 'http://c-registry.platform', repository: 'team/app', connectTo: { host: '127.0.0.1', port: world.proxy.httpPort } }),
    ],
    [
      'in plain form',
      () => ({ url: `http://127.0.0.1:${world.proxy.httpPort}/namespaces/platform/connectors/registry`, repository: 'team/app' }),
    ],
  ])('pushes and pulls an image %s', async (_name, target) => {
    const image = anImage();
    const address = { ...target(), reference: 'v1', auth: { username: 'any', password: world.token('pusher') } };
    expect(await pushImage(address, image)).toBe(image.digest);
    expect((await pullImage(address)).digest).toBe(image.digest);
    expect(registry.tags('team/app')).toContain('v1');
  });

  it('returns Locations that lead back through the proxy, without scheme and host', async () => {
    const location = await begin();
    expect(location).toMatch(/^\/v2\/namespaces\/platform\/connectors\/registry\/team\/app\/blobs\/uploads\/[^/]+$/);
  });

  it('streams a chunked upload of unknown length and relays the Range', async () => {
    const content = randomBytes(5_000_000);
    const location = await begin();
    const patched = await world.send(location, {
      method: 'PATCH',
      body: Readable.from(slices(content, 64_000), { objectMode: false }),
      headers: { 'content-type': 'application/octet-stream' },
    });
    expect(patched.status).toBe(202);
    expect(patched.headers.range).toBe('0-4999999');
    const patch = registry.requests.find(({ method }) => method === 'PATCH');
    expect(patch?.headers['transfer-encoding']).toBe('chunked');
    expect(patch?.bodyBytes).toBe(5_000_000);
    expect((await finish(patched.headers.location ?? '', aBlob(content).digest)).status).toBe(201);
  });

  it('keeps Content-Length and Content-Range', async () => {
    const location = await begin();
    const patched = await world.send(location, { method: 'PATCH', body: Buffer.alloc(1_000), headers: { 'content-range': '0-999' } });
    expect(patched.status).toBe(202);
    const patch = registry.requests.find(({ method }) => method === 'PATCH');
    expect(patch?.headers).toMatchObject({ 'content-length': '1000', 'content-range': '0-999' });
    expect(patch?.headers['transfer-encoding']).toBeUndefined();
  });

  it('gets the token for an upload before it reads the body', async () => {
    const location = await begin();
    registry.clearRequests();
    const blob = aBlob(randomBytes(1_000_000));
    expect((await finish(location, blob.digest, { body: blob.content })).status).toBe(201);
    expect(registry.requests.map(({ server, method, status }) => [server, method, status])).toEqual([['registry', 'PUT', 201]]);
  });

  it('sends 100 Continue only to clients that may push', async () => {
    const location = await begin();
    const refused = await expectingContinue(`${location}`, basic(world.token('puller')));
    expect(refused).toEqual({ continued: false, status: 403 });
    const allowed = await expectingContinue(location, basic(world.token('pusher')));
    expect(allowed).toEqual({ continued: true, status: 202 });
    expect(registry.requests.every(({ headers }) => headers.expect === undefined)).toBe(true);
  });

  it.each(['relative', 'other-host', 'outside-v2'] as const)(
    'continues an upload on another replica with another token, also after a restart (Location %s)',
    async (uploadLocation) => {
      const second = await world.addProxy();
      registry.quirks.uploadLocation = uploadLocation;
      const blob = aBlob(randomBytes(10_000));
      const location = await begin();
      const { headers } = await world.send(location, { method: 'PATCH', body: blob.content.subarray(0, 6_000), proxy: second });
      await second.stop();
      world.proxies.splice(world.proxies.indexOf(second), 1);
      // Each request of these tests has a token of its own.
      const patched = await world.send(headers.location ?? '', { method: 'PATCH', body: blob.content.subarray(6_000) });
      expect(patched.status).toBe(202);
      expect((await finish(patched.headers.location ?? '', blob.digest)).status).toBe(201);
    },
  );

  it('refuses a sealed location from another ServiceAccount', async () => {
    registry.quirks.uploadLocation = 'other-host';
    const location = await begin();
    registry.clearRequests();
    const response = await world.send(location, { method: 'PATCH', body: 'x', as: 'admin' });
    expect({ status: response.status, code: errorOf(response).code }).toEqual({ status: 404, code: 'BLOB_UPLOAD_UNKNOWN' });
    expect(registry.requests).toEqual([]);
  });

  it('C2: sends the bytes, but no credential, to an upload location on another host', async () => {
    registry.quirks.uploadLocation = 'other-host';
    const location = await begin();
    const blob = aBlob(randomBytes(1_000));
    expect((await finish(location, blob.digest, { body: blob.content })).status).toBe(201);
    const elsewhere = registry.requests.filter(({ server }) => server === 'cdn');
    expect(elsewhere.map(({ method }) => method)).toEqual(['PUT']);
    expect(elsewhere[0]?.headers.authorization).toBeUndefined();
  });

  describe('cross-repository mount', () => {
    const blob = aBlob(randomBytes(500));

    beforeAll(async () => {
      expect((await finish(await begin(), blob.digest, { body: blob.content })).status).toBe(201);
    });

    const mount = (from: string, options: Parameters<ProxyWorld['send']>[1] = {}): Promise<ReceivedResponse> =>
      world.send(`${prefix()}/team/other/blobs/uploads/?mount=${blob.digest}&from=${encodeURIComponent(from)}`, {
        method: 'POST',
        ...options,
      });

    it('within one Connector is sent to the registry', async () => {
      const response = await mount('namespaces/platform/connectors/registry/team/app');
      expect(response.status).toBe(201);
      expect(response.headers.location).toBe(`${prefix()}/team/other/blobs/${blob.digest}`);
      const asked = registry.requests.find(({ method }) => method === 'POST');
      expect(asked?.query).toContain('from=team');
      expect(asked?.query).not.toContain('namespaces');
    });

    it('C4: from another Connector becomes a plain upload', async () => {
      const response = await mount('namespaces/other/connectors/registry/team/app');
      expect(response.status).toBe(202);
      expect(registry.requests.find(({ method }) => method === 'POST')?.query).toBe('');
    });

    it('without permission to pull becomes a plain upload', async () => {
      world.apply({
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRole',
        metadata: { name: 'push-only' },
        rules: [{ apiGroups: ['connectors.alauda.io'], resources: ['connectors/proxy'], verbs: ['update'] }],
      });
      world.bind('stranger', 'push-only');
      const response = await mount('namespaces/platform/connectors/registry/team/app', { as: 'stranger' });
      expect(response.status).toBe(202);
      expect(registry.requests.find(({ method }) => method === 'POST')?.query).toBe('');
    });

    it('that the registry refuses becomes a plain upload', async () => {
      registry.faults.add({ kind: 'respond', status: 403, match: { when: ({ query }) => query.includes('mount') } });
      expect((await mount('namespaces/platform/connectors/registry/team/app')).status).toBe(202);
    });
  });

  /** Sends the head of a PATCH, and its body only after 100 Continue. */
  function expectingContinue(path: string, authorization: string): Promise<{ continued: boolean; status: number | undefined }> {
    return new Promise((resolve, reject) => {
      let continued = false;
      const outgoing = httpRequest({
        port: world.proxy.httpPort,
        path,
        method: 'PATCH',
        agent: false,
        headers: { authorization, expect: '100-continue', 'content-length': '4' },
      });
      outgoing.on('continue', () => {
        continued = true;
        outgoing.end('body');
      });
      outgoing.on('response', (response) => {
        response.resume();
        resolve({ continued, status: response.statusCode });
        outgoing.destroy();
      });
      outgoing.on('error', reject);
      outgoing.flushHeaders();
    });
  }
});

function* slices(content: Buffer, size: number): Generator<Buffer> {
  for (let start = 0; start < content.length; start += size) {
    yield content.subarray(start, start + size);
  }
}
