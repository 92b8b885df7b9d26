import { type ReceivedResponse, sendRequest } from '@oci-connector/testing-kit';
import { aBlob } from '../builders/image.builder';
import { type FixtureRegistry, startFixtureRegistry } from './fixture-registry';
import { type BlobRedirect } from './quirks';

const content = Buffer.from('0123456789');
const { digest } = aBlob(content);

let registry: FixtureRegistry;

async function start(blobRedirect: BlobRedirect): Promise<void> {
  registry = await startFixtureRegistry({ quirks: { blobRedirect } });
  await sendRequest(`${registry.url}/v2/a/blobs/uploads/?digest=${digest}`, { method: 'POST', body: content });
}
afterEach(() => registry.close());

function get(method = 'GET'): Promise<ReceivedResponse> {
  return sendRequest(`${registry.url}/v2/a/blobs/${digest}`, { method });
}

describe('blobRedirect', () => {
  it.each(['GET', 'HEAD'])('redirects %s to the other origin, where the signed URL is enough', async (method) => {
    await start({});
    const redirect = await get(method);
    expect([redirect.status, redirect.body.length]).toEqual([307, 0]);
    const location = redirect.headers.location ?? '';
    expect(new URL(location).origin).toBe(registry.cdnOrigin);
    expect(registry.cdnOrigin).not.toBe(registry.origin);
    const answer = await sendRequest(location, { method });
    expect([answer.status, answer.headers['content-length']]).toEqual([200, '10']);
    expect(answer.body.equals(method === 'GET' ? content : Buffer.alloc(0))).toBe(true);
    const part = await sendRequest(location, { headers: { range: 'bytes=8-' } });
    expect([part.status, part.body.toString()]).toEqual([206, '89']);
  });

  it('redirects to the name of the second server', async () => {
    registry = await startFixtureRegistry({ publicName: 'registry.example', cdnName: 'blobs.example', quirks: { blobRedirect: {} } });
    const local = `http://127.0.0.1:${registry.port}/v2/a/blobs`;
    await sendRequest(`${local}/uploads/?digest=${digest}`, { method: 'POST', body: content });
    const { headers } = await sendRequest(`${local}/${digest}`);
    expect(new URL(headers.location ?? '').hostname).toBe('blobs.example');
    expect(new URL(registry.origin).hostname).toBe('registry.example');
  });

  it('the other origin refuses any Authorization with 400, and records it', async () => {
    await start({});
    const { headers } = await get();
    const refused = await sendRequest(headers.location ?? '', { headers: { authorization: 'Bearer leaked' } });
    expect([refused.status, refused.body.toString()]).toEqual([400, expect.stringContaining('Only one auth mechanism allowed')]);
    expect(registry.requests.at(-1)).toMatchObject({ server: 'cdn', headers: { authorization: 'Bearer leaked' } });
  });

  it('the other origin refuses a URL that was changed, even to an equivalent one', async () => {
    await start({});
    const location = (await get()).headers.location ?? '';
    for (const changed of [
      location.replace('%2Fs3', '/s3'),
      location.replace(/[0-9a-f]{4}$/, '0000'),
      location.replace('/store/0/', '/store/1/'),
    ]) {
      expect((await sendRequest(changed)).status).toBe(403);
    }
  });

  it('makes the configured number of redirects, with the configured status', async () => {
    await start({ hops: 3, status: 302 });
    let response = await get();
    expect(response.status).toBe(302);
    for (const status of [307, 307, 200]) {
      response = await sendRequest(response.headers.location ?? '');
      expect(response.status).toBe(status);
    }
    expect(response.body).toEqual(content);
  });

  it('leads to the configured location', async () => {
    await start({ location: (wanted) => `http://169.254.169.254/${wanted}` });
    expect((await get()).headers.location).toBe(`http://169.254.169.254/${digest}`);
  });

  it('does not redirect for a blob that does not exist', async () => {
    await start({});
    expect((await sendRequest(`${registry.url}/v2/other/blobs/${digest}`)).status).toBe(404);
  });
});
