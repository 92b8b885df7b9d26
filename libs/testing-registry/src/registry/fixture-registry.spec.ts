import { mkdtempSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { sendRequest, TestCertificateAuthority } from '@oci-connector/testing-kit';
import { anArtifact, aHelmChart, anImage, anImageIndex, type BuiltImage } from '../builders/image.builder';
import { pullImage, pushImage } from '../client/push-image';
import { type FixtureRegistry, startFixtureRegistry } from './fixture-registry';
import { type FixtureAuth, type FixtureRegistryOptions } from './fixture-registry-options';

const USER = { username: 'robot$ci', password: 'pass:word' };
const started: FixtureRegistry[] = [];

async function start(options: FixtureRegistryOptions = {}): Promise<FixtureRegistry> {
  const registry = await startFixtureRegistry(options);
  started.push(registry);
  return registry;
}

afterEach(async () => {
  await Promise.all(started.splice(0).map((registry) => registry.close()));
});

describe('startFixtureRegistry', () => {
  const modes: readonly FixtureAuth[] = [
    { mode: 'anonymous' },
    { mode: 'basic', accounts: [USER] },
    { mode: 'token', accounts: [USER] },
    { mode: 'token', accounts: [USER], realm: 'same-origin', tokens: { format: 'opaque' } },
  ];
  const images: readonly (readonly [string, () => BuiltImage])[] = [
    ['an image', () => anImage()],
    ['an index of two architectures', () => anImageIndex()],
    ['a helm chart', () => aHelmChart()],
    ['an artifact with a subject', () => anArtifact('application/example', { subject: anImage() })],
  ];

  describe.each(modes)('with $mode authentication', (auth) => {
    it.each(images)('returns %s as it was pushed, by tag and by digest', async (_name, build) => {
      const registry = await start({ auth });
      const image = build();
      const target = { url: registry.url, repository: 'team/app', auth: USER };
      await pushImage({ ...target, reference: 'v1' }, image);
      await expect(pullImage({ ...target, reference: 'v1' })).resolves.toEqual(image);
      await expect(pullImage({ ...target, reference: image.digest })).resolves.toEqual(image);
      expect(registry.tags('team/app')).toEqual(['v1']);
      expect(registry.repositories()).toEqual(['team/app']);
      expect(registry.openUploads()).toEqual([]);
    });
  });

  it('has a token server on another origin, which alone receives the password', async () => {
    const registry = await start({ auth: modes[2] });
    await pushImage({ url: registry.url, repository: 'app', reference: 'v1', auth: USER }, anImage());
    const basic = registry.requests.filter(({ headers }) => headers.authorization?.startsWith('Basic '));
    expect(new Set(basic.map(({ server }) => server))).toEqual(new Set(['token']));
    expect(registry.tokenOrigin).not.toBe(registry.origin);
  });

  it('serves https with a given certificate on all origins', async () => {
    const authority = await TestCertificateAuthority.create();
    const tls = await authority.issue({ names: ['localhost'] });
    const registry = await start({ tls, publicName: 'localhost', auth: modes[2] });
    expect(registry.url).toMatch(/^https:\/\/localhost:\d+$/);
    expect(registry.tokenOrigin).toMatch(/^https:/);
    const target = { url: registry.url, repository: 'app', reference: 'v1', auth: USER, ca: authority.caPem };
    const image = anImage();
    await pushImage(target, image);
    await expect(pullImage(target)).resolves.toEqual(image);
    await expect(sendRequest(`${registry.url}/v2/`)).rejects.toMatchObject({ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
  });

  it('serves only below the base path', async () => {
    const registry = await start({ basePath: '/base/path/' });
    const target = { url: registry.url, repository: 'app', reference: 'v1' };
    expect(registry.url).toBe(`${registry.origin}/base/path`);
    await pushImage(target, anImage());
    expect((await sendRequest(`${registry.origin}/v2/`)).status).toBe(404);
  });

  it('knows no repository outside the prefix', async () => {
    const registry = await start({ repositoryPrefix: 'team' });
    await pushImage({ url: registry.url, repository: 'team/app', reference: 'v1' }, anImage());
    const refused = await sendRequest(`${registry.url}/v2/app/blobs/uploads/`, { method: 'POST' });
    expect(refused.status).toBe(404);
    expect(refused.body.toString()).toContain('NAME_UNKNOWN');
  });

  it('keeps the content of a given directory over a restart', async () => {
    const directory = mkdtempSync(join(os.tmpdir(), 'fixture-registry-spec-'));
    try {
      const image = anImageIndex();
      const first = await start({ directory });
      await pushImage({ url: first.url, repository: 'team/app', reference: 'v1' }, image);
      await first.close();
      const second = await start({ directory });
      await expect(pullImage({ url: second.url, repository: 'team/app', reference: 'v1' })).resolves.toEqual(image);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it('removes its temporary directory, and may be closed twice', async () => {
    const parent = mkdtempSync(join(os.tmpdir(), 'fixture-registry-spec-'));
    const tmpdir = jest.spyOn(os, 'tmpdir').mockReturnValue(parent);
    const registry = await start();
    tmpdir.mockRestore();
    expect(readdirSync(parent)).toHaveLength(1);
    await registry.close();
    await registry.close();
    expect(readdirSync(parent)).toEqual([]);
    rmdirSync(parent);
  });

  it('does not start on a port in use, and leaves nothing open', async () => {
    const registry = await start();
    await expect(startFixtureRegistry({ port: registry.port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  it('records path, query, headers and size of a request', async () => {
    const registry = await start();
    await sendRequest(`${registry.url}/v2/app/blobs/uploads/?mount=sha256%3Aabc&x=%20`, {
      method: 'POST',
      headers: { authorization: 'Bearer unsolicited', 'X-Thing': 'a' },
      body: 'seven..',
    });
    const request = await registry.waitForRequest(({ finished }) => finished);
    expect(request).toMatchObject({
      server: 'registry',
      method: 'POST',
      path: '/v2/app/blobs/uploads/',
      query: 'mount=sha256%3Aabc&x=%20',
      bodyBytes: 7,
      status: 400,
      aborted: false,
    });
    expect(request.headers).toMatchObject({ authorization: 'Bearer unsolicited', 'x-thing': 'a' });
    registry.clearRequests();
    expect(registry.requests).toEqual([]);
  });

  it('names the recorded requests when an awaited request does not arrive', async () => {
    const registry = await start();
    await sendRequest(`${registry.url}/v2/`);
    await expect(registry.waitForRequest(({ method }) => method === 'PUT', 10)).rejects.toThrow('GET /v2/');
  });
});
