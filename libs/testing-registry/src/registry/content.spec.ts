import { randomBytes } from 'node:crypto';
import { type ReceivedResponse, type SendOptions, sendRequest } from '@oci-connector/testing-kit';
import { aBlob, anArtifact, anImage } from '../builders/image.builder';
import { pushImage } from '../client/push-image';
import { digestOf } from './digest';
import { type FixtureRegistry, startFixtureRegistry } from './fixture-registry';

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

let registry: FixtureRegistry;

beforeEach(async () => {
  registry = await startFixtureRegistry();
});
afterEach(() => registry.close());

function send(path: string, options?: SendOptions): Promise<ReceivedResponse> {
  return sendRequest(`${registry.url}/v2/${path}`, options);
}

function code(response: ReceivedResponse): string | undefined {
  return (JSON.parse(response.body.toString()) as { errors: { code: string }[] }).errors[0]?.code;
}

async function push(tag = 'v1', repository = 'app'): Promise<ReturnType<typeof anImage>> {
  const image = anImage();
  await pushImage({ url: registry.url, repository, reference: tag }, image);
  return image;
}

describe('manifests', () => {
  it('answers HEAD with all headers and no body, and 304 for a known ETag', async () => {
    const image = await push();
    const head = await send('app/manifests/v1', { method: 'HEAD' });
    expect(head.status).toBe(200);
    expect(head.body).toHaveLength(0);
    expect(head.headers).toMatchObject({
      'content-length': String(image.content.length),
      'content-type': MANIFEST,
      'docker-content-digest': image.digest,
      'docker-distribution-api-version': 'registry/2.0',
    });
    const again = await send('app/manifests/v1', { headers: { 'if-none-match': head.headers.etag } });
    expect(again.status).toBe(304);
  });

  it('accepts %3A as the colon of a digest', async () => {
    const image = await push();
    expect((await send(`app/manifests/${image.digest.replace(':', '%3A')}`)).body).toEqual(image.content);
  });

  const refusals: readonly (readonly [string, string, SendOptions, number, string])[] = [
    ['text that is not JSON', 'v1', { body: '{', headers: { 'content-type': MANIFEST } }, 400, 'MANIFEST_INVALID'],
    ['JSON that is not an object', 'v1', { body: '[]', headers: { 'content-type': MANIFEST } }, 400, 'MANIFEST_INVALID'],
    [
      'two different media types',
      'v1',
      { body: '{"mediaType":"text/a+json"}', headers: { 'content-type': MANIFEST } },
      400,
      'MANIFEST_INVALID',
    ],
    [
      'a digest that does not match the content',
      digestOf('x'),
      { body: '{}', headers: { 'content-type': MANIFEST } },
      400,
      'DIGEST_INVALID',
    ],
    ['a malformed digest', 'sha256:abc', { body: '{}' }, 400, 'DIGEST_INVALID'],
    ['a malformed tag', '.v1', { body: '{}' }, 400, 'TAG_INVALID'],
    [
      'a config that was not pushed',
      'v1',
      { body: `{"config":{"digest":"${digestOf('c')}"}}`, headers: { 'content-type': MANIFEST } },
      404,
      'MANIFEST_BLOB_UNKNOWN',
    ],
    [
      'a child that was not pushed',
      'v1',
      { body: `{"manifests":[{"digest":"${digestOf('c')}"}]}`, headers: { 'content-type': MANIFEST } },
      404,
      'MANIFEST_BLOB_UNKNOWN',
    ],
    ['more than 4 MiB', 'v1', { body: Buffer.alloc(4 * 1024 * 1024 + 1), headers: { 'content-type': 'text/plain' } }, 413, 'SIZE_INVALID'],
  ];
  it.each(refusals)('refuses %s', async (_name, reference, options, status, errorCode) => {
    const response = await send(`app/manifests/${reference}`, { method: 'PUT', ...options });
    expect([response.status, code(response)]).toEqual([status, errorCode]);
    expect(registry.tags('app')).toEqual([]);
  });

  it('stores a manifest of an unknown media type unchanged', async () => {
    const content = randomBytes(100);
    const pushed = await send('app/manifests/odd', {
      method: 'PUT',
      headers: { 'content-type': 'application/x-odd; charset=x' },
      body: content,
    });
    expect(pushed.status).toBe(201);
    const pulled = await send('app/manifests/odd');
    expect([pulled.headers['content-type'], pulled.body]).toEqual(['application/x-odd', content]);
  });

  it('deletes one tag by name, and all tags of a manifest by digest', async () => {
    const image = await push('a');
    await pushImage({ url: registry.url, repository: 'app', reference: 'b' }, image);
    expect((await send('app/manifests/a', { method: 'DELETE' })).status).toBe(202);
    expect(registry.tags('app')).toEqual(['b']);
    expect((await send(`app/manifests/${image.digest}`, { method: 'DELETE' })).status).toBe(202);
    expect(registry.tags('app')).toEqual([]);
    expect((await send(`app/manifests/${image.digest}`, { method: 'DELETE' })).status).toBe(404);
  });
});

describe('blobs', () => {
  const content = Buffer.from('0123456789');
  const { digest } = aBlob(content);

  beforeEach(async () => {
    expect((await send(`app/blobs/uploads/?digest=${digest}`, { method: 'POST', body: content })).status).toBe(201);
  });

  it.each([
    [undefined, 200, undefined, '0123456789'],
    ['bytes=2-4', 206, 'bytes 2-4/10', '234'],
    ['bytes=7-', 206, 'bytes 7-9/10', '789'],
    ['bytes=-3', 206, 'bytes 7-9/10', '789'],
    ['bytes=-30', 206, 'bytes 0-9/10', '0123456789'],
    ['bytes=8-100', 206, 'bytes 8-9/10', '89'],
    ['bytes=1-2,4-5', 200, undefined, '0123456789'],
    ['lines=1-2', 200, undefined, '0123456789'],
  ])('answers Range %s with %i', async (range, status, contentRange, body) => {
    const response = await send(`app/blobs/${digest}`, { headers: range === undefined ? {} : { range } });
    expect([response.status, response.headers['content-range'], response.body.toString()]).toEqual([status, contentRange, body]);
    expect(response.headers['content-length']).toBe(String(body.length));
  });

  it.each(['bytes=10-', 'bytes=5-2', 'bytes=-0'])('answers Range %s with 416', async (range) => {
    const response = await send(`app/blobs/${digest}`, { headers: { range } });
    expect([response.status, response.headers['content-range']]).toEqual([416, 'bytes */10']);
  });

  it('sends the full content when If-Range does not match', async () => {
    const range = 'bytes=2-4';
    expect((await send(`app/blobs/${digest}`, { headers: { range, 'if-range': '"other"' } })).status).toBe(200);
    expect((await send(`app/blobs/${digest}`, { headers: { range, 'if-range': `"${digest}"` } })).status).toBe(206);
  });

  it('is in another repository only after a mount, and is removed with the last one', async () => {
    expect((await send(`other/blobs/${digest}`)).status).toBe(404);
    expect((await send(`other/blobs/uploads/?mount=${digest}&from=nowhere`, { method: 'POST' })).status).toBe(202);
    const mounted = await send(`other/blobs/uploads/?mount=${digest}&from=app`, { method: 'POST' });
    expect([mounted.status, mounted.headers.location]).toEqual([201, `/v2/other/blobs/${digest}`]);
    expect((await send(`app/blobs/${digest}`, { method: 'DELETE' })).status).toBe(202);
    expect((await send(`app/blobs/${digest}`, { method: 'HEAD' })).status).toBe(404);
    expect((await send(`other/blobs/${digest}`)).body).toEqual(content);
    expect((await send(`other/blobs/${digest}`, { method: 'DELETE' })).status).toBe(202);
    expect((await send(`third/blobs/uploads/?mount=${digest}`, { method: 'POST' })).status).toBe(202);
  });
});

describe('lists', () => {
  it('pages through tags by n, last and Link', async () => {
    for (const tag of ['c', 'a', 'b']) {
      await push(tag);
    }
    const first = await send('app/tags/list?n=2');
    expect(JSON.parse(first.body.toString())).toEqual({ name: 'app', tags: ['a', 'b'] });
    expect(first.headers.link).toBe('</v2/app/tags/list?n=2&last=b>; rel="next"');
    const second = await send('app/tags/list?n=2&last=b');
    expect(JSON.parse(second.body.toString())).toEqual({ name: 'app', tags: ['c'] });
    expect(second.headers.link).toBeUndefined();
    expect(JSON.parse((await send('app/tags/list?n=0')).body.toString())).toEqual({ name: 'app', tags: [] });
    expect(code(await send('app/tags/list?n=x'))).toBe('PAGINATION_NUMBER_INVALID');
    expect(code(await send('none/tags/list'))).toBe('NAME_UNKNOWN');
  });

  it('lists referrers, and filters them by artifact type', async () => {
    const subject = await push();
    const signature = anArtifact('application/signature', { subject });
    const sbom = anArtifact('application/sbom', { subject });
    for (const artifact of [signature, sbom]) {
      await pushImage({ url: registry.url, repository: 'app', reference: artifact.digest }, artifact);
    }
    const all = JSON.parse((await send(`app/referrers/${subject.digest}`)).body.toString()) as { manifests: { digest: string }[] };
    expect(all.manifests.map(({ digest }) => digest)).toEqual([signature.digest, sbom.digest]);
    const some = await send(`app/referrers/${subject.digest}?artifactType=application/sbom`);
    expect(some.headers['oci-filters-applied']).toBe('artifactType');
    expect(JSON.parse(some.body.toString())).toMatchObject({
      manifests: [
        {
          digest: sbom.digest,
          artifactType: 'application/sbom',
          size: sbom.content.length,
          annotations: { nonce: expect.any(String) as string },
        },
      ],
    });
  });

  it('answers a manifest with a subject with OCI-Subject', async () => {
    const subject = await push();
    const artifact = anArtifact('application/x', { subject });
    await pushImage({ url: registry.url, repository: 'app', reference: 'sig' }, artifact);
    const put = await send('app/manifests/sig', { method: 'PUT', headers: { 'content-type': MANIFEST }, body: artifact.content });
    expect(put.headers['oci-subject']).toBe(subject.digest);
  });
});

describe('paths', () => {
  it.each([
    ['App/tags/list', 400, 'NAME_INVALID'],
    ['a//b/tags/list', 400, 'NAME_INVALID'],
    ['a/../b/tags/list', 400, 'NAME_INVALID'],
    ['a%2Fb/tags/list', 400, 'NAME_INVALID'],
    [`${'a'.repeat(256)}/tags/list`, 400, 'NAME_INVALID'],
    ['app/manifests/%zz', 400, 'NAME_INVALID'],
    ['_catalog', 404, 'UNSUPPORTED'],
    ['app/blobs/sha256:abc', 400, 'DIGEST_INVALID'],
  ])('refuses %s', async (path, status, errorCode) => {
    const response = await send(path);
    expect([response.status, code(response)]).toEqual([status, errorCode]);
  });

  it.each(['app/tags/list', `app/referrers/${digestOf('')}`, 'app/manifests/v1', `app/blobs/${digestOf('')}`])(
    'allows no POST to %s',
    async (path) => {
      expect((await send(path, { method: 'POST' })).status).toBe(405);
    },
  );
});
