import { type AddressForm } from '../../../test/client-paths';
import { ESCAPED, type Given, PATCH, plan, POST, PREFIX, PUT, SHA, TAGS } from '../../../test/oci-plans';
import { type ResponseHeaders } from '../../upstream/response-headers';

describe('the response', () => {
  async function answered(given: Given, status: number, headers: ResponseHeaders): Promise<ResponseHeaders> {
    const planned = await plan(given);
    return planned.rewriteResponse(status, headers, planned.target).headers;
  }

  it.each<[string, Given, number, ResponseHeaders, string]>([
    ['of a new upload', POST, 202, { location: '/v2/app/blobs/uploads/u-1?_state=a%2Bb' }, `${PREFIX}/app/blobs/uploads/u-1?_state=a%2Bb`],
    [
      'of a mount that succeeded',
      { ...POST, query: `mount=${ESCAPED}&from=namespaces/team/connectors/hub/b` },
      201,
      { location: 'https://cdn.example/x' },
      `${PREFIX}/app/blobs/${SHA}`,
    ],
    [
      'of a blob stored in one request',
      { ...POST, query: `digest=${ESCAPED}` },
      201,
      { location: '/anything' },
      `${PREFIX}/app/blobs/${SHA}`,
    ],
    ['of an upload that ended', PUT, 201, { location: 'http://10.0.0.1/v2/app/blobs/x' }, `${PREFIX}/app/blobs/${SHA}`],
    ['of an upload that ended without a Location', PUT, 201, {}, `${PREFIX}/app/blobs/${SHA}`],
    ['of a chunk answered 201', PATCH, 201, { location: '/v2/app/blobs/uploads/u-2' }, `${PREFIX}/app/blobs/uploads/u-2`],
    ['of a chunk out of order', PATCH, 416, { location: '/v2/app/blobs/uploads/u-1', range: '0-9' }, `${PREFIX}/app/blobs/uploads/u-1`],
    [
      'of an upload’s status',
      { ...PATCH, method: 'GET' },
      204,
      { location: '/v2/app/blobs/uploads/u-1' },
      `${PREFIX}/app/blobs/uploads/u-1`,
    ],
    [
      'of a manifest, by its digest',
      { method: 'PUT' },
      201,
      { location: 'https://x/y', 'docker-content-digest': SHA },
      `${PREFIX}/app/manifests/${SHA}`,
    ],
    ['of a manifest, by its tag', { method: 'PUT' }, 201, { location: 'https://x/y' }, `${PREFIX}/app/manifests/latest`],
  ])('contains the Location %s as a path of the proxy', async (_, given, status, headers, expected) => {
    expect((await answered(given, status, headers))['location']).toBe(expected);
  });

  it.each<[string, Given, number, ResponseHeaders]>([
    ['an error', POST, 500, { location: 'https://evil.example/' }],
    [
      'a pulled blob',
      { path: `/v2/app/blobs/${SHA}` },
      200,
      { location: 'https://evil.example/', 'content-location': 'https://cdn.example/?sig=s', link: '<https://evil.example>; rel="x"' },
    ],
    ['a deleted manifest', { method: 'DELETE' }, 202, { location: 'https://evil.example/' }],
  ])('contains no place at the registry for %s', async (_, given, status, headers) => {
    const { location, link, 'content-location': contentLocation } = await answered(given, status, headers);
    expect({ location, link, contentLocation }).toEqual({ location: undefined, link: undefined, contentLocation: undefined });
  });

  it('keeps the headers that clients need', async () => {
    const headers = {
      range: '0-1023',
      'docker-upload-uuid': 'u-1',
      'oci-chunk-min-length': '1024',
      'oci-subject': SHA,
      'oci-filters-applied': 'artifactType',
      warning: '299 - "quota"',
      'docker-content-digest': SHA,
      'content-length': '3',
      etag: '"x"',
    };
    expect(await answered(PATCH, 202, headers)).toMatchObject(headers);
    expect(await answered({ path: `/v2/app/referrers/${SHA}` }, 404, headers)).toMatchObject(headers);
    // The proxy adds no Range that the registry does not send.
    expect((await answered(PATCH, 202, {}))['range']).toBeUndefined();
  });

  it.each<[string, Given, number]>([
    ['a redirected PUT', PUT, 307],
    ['a redirected POST', POST, 301],
    ['a redirected manifest', { method: 'PUT' }, 308],
    ['a redirected DELETE', { method: 'DELETE' }, 302],
  ])('is refused for %s', async (_, given, status) => {
    const planned = await plan(given);
    expect(() => planned.rewriteResponse(status, { location: 'https://r.example/v2/app/blobs/uploads/x?sig=s' }, planned.target)).toThrow(
      expect.objectContaining({ code: 'RedirectRefused', status: 502, message: expect.not.stringContaining('sig=s') as string }) as Error,
    );
  });

  it('is passed on unchanged for 304', async () => {
    expect((await answered({}, 304, { etag: '"x"' }))['etag']).toBe('"x"');
  });

  it.each<[AddressForm, string, string]>([
    ['path', `${PREFIX}/app`, 'namespaces/team/connectors/hub/app'],
    ['host', '/v2/app', 'app'],
    ['plain', '/namespaces/team/connectors/hub/v2/app', 'app'],
  ])('contains the client’s names and paths in %s form', async (form, path, name) => {
    const address = 'https://docker.io';
    const upload = await answered({ ...POST, form, address }, 202, { location: '/v2/library/app/blobs/uploads/u' });
    expect(upload['location']).toBe(`${path}/blobs/uploads/u`);
    const listing = await plan({ ...TAGS, form, address, query: 'n=1' });
    const headers = {
      'content-type': 'application/json; charset=utf-8',
      'content-length': '40',
      link: '</v2/library/app/tags/list?last=a%2Fb&n=1>; rel="next"',
    };
    const tags = listing.rewriteResponse(200, headers, listing.target);
    expect(tags.headers).toMatchObject({ link: `<${path}/tags/list?last=a%2Fb&n=1>; rel="next"`, 'content-length': undefined });
    const pieces: Buffer[] = [];
    tags
      .body?.({ chunk: (piece) => pieces.push(piece) > 0, end: jest.fn(), fail: jest.fn() })
      .chunk(Buffer.from('{"name":"library/app","tags":["a","ü"]}'));
    expect(Buffer.concat(pieces).toString()).toBe(`{"name":"${name}","tags":["a","ü"]}`);
  });
});
