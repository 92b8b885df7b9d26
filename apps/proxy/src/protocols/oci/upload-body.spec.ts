import { parseUpstreamAddress } from '@oci-connector/connector-api';
import { type OciRequest } from './oci-request';
import { parseOciPath } from './route-grammar';
import { uploadBodyHeaders } from './upload-body';

const START = '/v2/app/blobs/uploads/';
const SESSION = `${START}u-1`;
const MANIFEST = '/v2/app/manifests/v1';
const CONTENT = { 'content-type': 'application/octet-stream' };

function headers(path: string, type: string | undefined, hasBody = true): Readonly<Record<string, string>> {
  const route = parseOciPath(path);
  const names = { upstream: 'app', client: 'app', clientPath: '/v2/app' };
  const request: OciRequest['request'] = {
    method: 'POST',
    path,
    query: '',
    paths: { root: '', registryRoot: '/v2/', repositoryPrefix: '' },
    connector: { namespace: 'team', name: 'hub', uid: 'uid' },
    address: parseUpstreamAddress('https://r.example'),
    client: { namespace: 'ci', name: 'builder', uid: 'uid' },
    headers: type === undefined ? {} : { 'content-type': type },
    hasBody,
    allows: () => Promise.resolve(true),
  };
  return uploadBodyHeaders({ request, route, names });
}

describe('the body of a request that begins an upload', () => {
  it.each([
    undefined,
    '',
    'application/octet-stream',
    'Application/Octet-Stream',
    'application/octet-stream; charset=x',
    ' application/octet-stream ;a=b',
  ])('C4b mount by a form body: is forwarded as content if its type is %j', (type) => {
    expect(headers(START, type)).toEqual(CONTENT);
  });

  it.each([
    ...[
      'application/x-www-form-urlencoded',
      'Application/X-WWW-Form-Urlencoded; charset=UTF-8',
      'application/x-www-form-urlencoded;',
      'multipart/form-data; boundary=x',
    ],
    ...[
      'MULTIPART/mixed;boundary="x"',
      'multipart/form-data',
      'application/octet-stream, application/x-www-form-urlencoded',
      'application/x-www-form-urlencoded,application/octet-stream',
    ],
    ...[
      'application/octet-streamx',
      'text/plain',
      'application/json',
      '*/*',
      ';',
      'x',
      'application/octet-stream\u0000',
      'application /octet-stream',
    ],
  ])('C4b mount by a form body: does not go upstream as %j', (type) => {
    expect(() => headers(START, type)).toThrow(
      expect.objectContaining({ code: 'UploadTypeRefused', status: 400, ociCode: 'BLOB_UPLOAD_INVALID' }) as Error,
    );
  });

  it('C4b mount by a form body: a later request is not forwarded as a form, and keeps every other type', () => {
    expect(headers(SESSION, 'application/x-www-form-urlencoded')).toEqual(CONTENT);
    expect(headers(SESSION, 'a/b, Multipart/Form-Data')).toEqual(CONTENT);
    expect(headers(SESSION, 'application/vnd.x')).toEqual({});
    expect(headers(MANIFEST, 'application/vnd.oci.image.manifest.v1+json')).toEqual({});
  });

  it('may have any type if it is empty', () => {
    expect(headers(START, 'application/x-www-form-urlencoded', false)).toEqual({});
  });
});
