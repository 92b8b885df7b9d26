import { createHash, randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { Readable } from 'node:stream';
import { type ReceivedResponse, type SendOptions, sendRequest } from '@oci-connector/testing-kit';
import { aBlob } from '../builders/image.builder';
import { type FixtureRegistry, startFixtureRegistry } from './fixture-registry';

let registry: FixtureRegistry;

afterEach(() => registry.close());

function send(path: string, options?: SendOptions): Promise<ReceivedResponse> {
  return sendRequest(registry.origin + path, options);
}

async function begin(repository = 'app'): Promise<string> {
  const response = await send(`/v2/${repository}/blobs/uploads/`, { method: 'POST' });
  expect(response.status).toBe(202);
  return response.headers.location ?? '';
}

function chunk(location: string, range: string, body: string): Promise<ReceivedResponse> {
  return send(location, { method: 'PATCH', headers: { 'content-range': range }, body });
}

describe('uploads', () => {
  beforeEach(async () => {
    registry = await startFixtureRegistry();
  });

  it.each([
    ['one PUT', [] as string[], 'abcdef'],
    ['one PATCH', ['abcdef'], undefined],
    ['several PATCHes', ['ab', 'cd', 'ef'], undefined],
    ['PATCHes, with the last bytes in the PUT', ['ab', 'cd'], 'ef'],
  ])('accepts a blob by %s', async (_name, patches, last) => {
    const { digest } = aBlob('abcdef');
    let location = await begin();
    for (const body of patches) {
      const response = await send(location, { method: 'PATCH', body });
      expect([response.status, response.headers['docker-upload-uuid']]).toEqual([202, registry.openUploads()[0]?.id]);
      location = response.headers.location ?? '';
    }
    const end = await send(`${location}&digest=${digest}`, { method: 'PUT', body: last });
    expect([end.status, end.headers.location, end.headers['docker-content-digest']]).toEqual([201, `/v2/app/blobs/${digest}`, digest]);
    expect((await send(`/v2/app/blobs/${digest}`)).body.toString()).toBe('abcdef');
    expect(registry.openUploads()).toEqual([]);
  });

  it('accepts a stream of unknown length, and sha512', async () => {
    const content = randomBytes(3_000_000);
    const digest = `sha512:${createHash('sha512').update(content).digest('hex')}`;
    const location = await begin();
    const pieces = Array.from({ length: 300 }, (_, index) => content.subarray(index * 10_000, (index + 1) * 10_000));
    const patched = await send(location, { method: 'PATCH', body: Readable.from(pieces) });
    expect([patched.status, patched.headers.range]).toEqual([202, '0-2999999']);
    expect((await send(`${location}&digest=${digest}`, { method: 'PUT' })).status).toBe(201);
    expect((await send(`/v2/app/blobs/${digest}`)).body.equals(content)).toBe(true);
  });

  it('reports the received range, and accepts chunks only in order', async () => {
    const location = await begin();
    expect((await chunk(location, '0-1', 'ab')).headers.range).toBe('0-1');
    for (const range of ['0-1', '4-5', '1-2', 'nonsense']) {
      const refused = await chunk(location, range, 'xx');
      expect([refused.status, refused.headers.range]).toEqual([416, '0-1']);
    }
    expect((await chunk(location, '2-9', 'cd')).status).toBe(400);
    const status = await send(location);
    expect([status.status, status.headers.range, status.headers.location]).toEqual([204, '0-1', location]);
    expect(
      (await send(`${location}&digest=${aBlob('xx').digest}`, { method: 'PUT', headers: { 'content-range': '0-1' }, body: 'xx' })).status,
    ).toBe(416);
    expect((await chunk(location, '2-3', 'cd')).status).toBe(202);
    expect((await send(`${location}&digest=${aBlob('abcd').digest}`, { method: 'PUT' })).status).toBe(201);
  });

  it('refuses a wrong digest and ends the upload', async () => {
    const location = await begin();
    const refused = await send(`${location}&digest=${aBlob('other').digest}`, { method: 'PUT', body: 'this' });
    expect(refused.status).toBe(400);
    expect(refused.body.toString()).toContain('DIGEST_INVALID');
    expect(registry.openUploads()).toEqual([]);
  });

  it('cancels an upload', async () => {
    const location = await begin();
    expect((await send(location, { method: 'DELETE' })).status).toBe(204);
    expect((await send(location)).status).toBe(404);
  });

  it('finds an upload only in its repository and with its own query', async () => {
    const location = await begin('app');
    expect((await send(location.replace('/app/', '/other/'))).status).toBe(404);
    expect((await send(location.replace(/_state=.*/, '_state=guess'))).status).toBe(400);
    expect((await send(location.replace(/\?.*/, ''))).status).toBe(400);
    expect(registry.openUploads()).toHaveLength(1);
  });

  it('keeps the bytes that arrived before the connection broke, and continues after them', async () => {
    const location = await begin();
    const outgoing = request(registry.origin + location, { method: 'PATCH', headers: { 'content-length': 100 } });
    outgoing.on('error', () => undefined);
    outgoing.write('ab');
    await registry.waitForRequest(({ method, bodyBytes }) => method === 'PATCH' && bodyBytes === 2);
    expect(registry.openUploads()).toMatchObject([{ repository: 'app', receiving: true }]);
    outgoing.destroy();
    await registry.waitForRequest(({ method, finished, aborted }) => method === 'PATCH' && finished && aborted);
    expect(registry.openUploads()).toMatchObject([{ receivedBytes: 2, receiving: false }]);
    expect((await chunk(location, '2-3', 'cd')).status).toBe(202);
    expect((await send(`${location}&digest=${aBlob('abcd').digest}`, { method: 'PUT' })).status).toBe(201);
  });
});

describe('chunkMinLength', () => {
  it('is announced, and enforced for all chunks except the last', async () => {
    registry = await startFixtureRegistry({ chunkMinLength: 3 });
    const response = await send('/v2/app/blobs/uploads/', { method: 'POST' });
    expect(response.headers['oci-chunk-min-length']).toBe('3');
    const location = response.headers.location ?? '';
    expect((await chunk(location, '0-2', 'abc')).status).toBe(202);
    expect((await chunk(location, '3-4', 'de')).status).toBe(202);
    expect((await chunk(location, '5-7', 'fgh')).status).toBe(416);
    expect((await send(`${location}&digest=${aBlob('abcde').digest}`, { method: 'PUT' })).status).toBe(201);
  });
});
