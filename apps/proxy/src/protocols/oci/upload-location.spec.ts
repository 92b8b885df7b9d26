import { parseUpstreamAddress } from '@oci-connector/connector-api';
import * as fc from 'fast-check';
import { ProxyError } from '../../proxy.errors';
import { type UpstreamPlace } from '../../upstream/upstream-place';
import { mapUploadLocation, type MappedLocation } from './upload-location';

const CLIENT = '/v2/namespaces/team/connectors/hub/app';

interface Mapped extends MappedLocation {
  /** The place that was sealed. */
  sealed?: UpstreamPlace;
}

function map(location: string, address = 'https://r.example', upstream = 'app'): Mapped {
  const parsed = parseUpstreamAddress(address);
  let sealed: UpstreamPlace | undefined;
  const mapped = mapUploadLocation(location, {
    address: parsed,
    names: { upstream, client: 'namespaces/team/connectors/hub/app', clientPath: CLIENT },
    requested: { origin: parsed.origin, path: `/v2/${upstream}/blobs/uploads/` },
    seal: (place) => {
      sealed = place;
      return 'sealed.KEY.BODY';
    },
  });
  return { ...mapped, sealed };
}

describe('mapUploadLocation', () => {
  it.each<[string, string, string | undefined, string]>([
    ['a path', '/v2/app/blobs/uploads/u-1', undefined, 'u-1'],
    ['its query byte for byte', '/v2/app/blobs/uploads/u-1?_state=a%2Bb+c%3d&z&y=\'"<>|', undefined, 'u-1?_state=a%2Bb+c%3d&z&y=\'"<>|'],
    ['an absolute URL', 'https://r.example/v2/app/blobs/uploads/u-1?a', undefined, 'u-1?a'],
    ['the default port written out', 'https://r.example:443/v2/app/blobs/uploads/u-1', undefined, 'u-1'],
    ['the host in capitals', 'https://R.EXAMPLE/v2/app/blobs/uploads/u-1', undefined, 'u-1'],
    ['no scheme', '//r.example/v2/app/blobs/uploads/u-1', undefined, 'u-1'],
    ['a name relative to the request', 'u-1?x=1', undefined, 'u-1?x=1'],
    ['http of a registry behind TLS', 'http://r.example/v2/app/blobs/uploads/u-1', undefined, 'u-1'],
    ["http with the registry's https port", 'http://r.example:5000/v2/app/blobs/uploads/u-1', 'https://r.example:5000', 'u-1'],
    ['http with the port of https', 'http://r.example:443/v2/app/blobs/uploads/u-1', undefined, 'u-1'],
    ['http with its own port', 'http://r.example:80/v2/app/blobs/uploads/u-1', undefined, 'u-1'],
    ["http without the registry's https port", 'http://r.example/v2/app/blobs/uploads/u-1', 'https://r.example:5000', 'u-1'],
    ['an IPv6 address', 'http://[::1]:5000/v2/app/blobs/uploads/u-1', 'http://[0:0:0:0:0:0:0:1]:5000', 'u-1'],
    ['a fragment, left out', '/v2/app/blobs/uploads/u-1?a#b?c', undefined, 'u-1?a'],
    ['dots that lead back to the repository', '/v2/app/blobs/x/../uploads/u-1', undefined, 'u-1'],
    ['a session with all characters that are safe', '/v2/app/blobs/uploads/A.z_~:@=+,9-', undefined, 'A.z_~:@=+,9-'],
  ])("maps %s to the proxy's path", (_, location, address, expected) => {
    expect(map(location, address)).toEqual({ location: `${CLIENT}/blobs/uploads/${expected}` });
  });

  it('maps the registry’s name of the repository to the client’s', () => {
    expect(map('/v2/library/app/blobs/uploads/u', 'https://docker.io', 'library/app').location).toBe(`${CLIENT}/blobs/uploads/u`);
  });

  it.each<[string, string, UpstreamPlace, string | undefined]>([
    ['another host', 'https://s3.example/b/k?X=a%2Bb', { origin: 'https://s3.example', path: '/b/k?X=a%2Bb' }, 'redirect'],
    [
      'the same path on another host',
      'https://evil.example/v2/app/blobs/uploads/u',
      { origin: 'https://evil.example', path: '/v2/app/blobs/uploads/u' },
      'redirect',
    ],
    [
      "a host with the same ending as the registry's",
      'https://evilr.example/x',
      { origin: 'https://evilr.example', path: '/x' },
      'redirect',
    ],
    [
      "another port of the registry's host",
      'https://r.example:444/x',
      { origin: 'https://r.example:444', path: '/x' },
      'redirect-own-host',
    ],
    ['a path outside of /v2', '/artifacts-uploads/x?a=b', { origin: 'https://r.example', path: '/artifacts-uploads/x?a=b' }, undefined],
    [
      'a path of the repository that is not an upload',
      '/v2/app/other/x',
      { origin: 'https://r.example', path: '/v2/app/other/x' },
      undefined,
    ],
    ['more segments', '/v2/app/blobs/uploads/a/b', { origin: 'https://r.example', path: '/v2/app/blobs/uploads/a/b' }, undefined],
    ['a session with %', '/v2/app/blobs/uploads/a%3Db', { origin: 'https://r.example', path: '/v2/app/blobs/uploads/a%3Db' }, undefined],
    [
      'a session with a semicolon',
      '/v2/app/blobs/uploads/a;b',
      { origin: 'https://r.example', path: '/v2/app/blobs/uploads/a;b' },
      undefined,
    ],
    [
      'a session that looks sealed',
      '/v2/app/blobs/uploads/sealed.x.y',
      { origin: 'https://r.example', path: '/v2/app/blobs/uploads/sealed.x.y' },
      undefined,
    ],
    [
      'a blank and letters beyond ASCII, escaped once',
      '/v2/app/blobs/uploads/u v\xc3\xbc%c3%bc?a=\xc3\xbc b',
      { origin: 'https://r.example', path: '/v2/app/blobs/uploads/u%20v%C3%BC%c3%bc?a=%C3%BC%20b' },
      undefined,
    ],
    [
      'more parameters than a client may send',
      `/v2/app/blobs/uploads/u?${'a&'.repeat(300)}`,
      { origin: 'https://r.example', path: `/v2/app/blobs/uploads/u?${'a&'.repeat(300)}` },
      undefined,
    ],
    [
      'a query with ns, which the proxy would remove',
      '/v2/app/blobs/uploads/u?ns=x',
      { origin: 'https://r.example', path: '/v2/app/blobs/uploads/u?ns=x' },
      undefined,
    ],
  ])('C2 auth over Location: seals %s', (_, location, place, purpose) => {
    expect(map(location)).toEqual({
      location: `${CLIENT}/blobs/uploads/sealed.KEY.BODY`,
      sealed: place,
      elsewhere: purpose === undefined ? undefined : { ...place, purpose, sendCredential: false },
    });
  });

  it("seals https without the credential if the Connector's address is http", () => {
    const mapped = map('https://r.example/v2/app/blobs/uploads/u', 'http://r.example');
    expect(mapped.elsewhere).toMatchObject({ origin: 'https://r.example', purpose: 'redirect-own-host', sendCredential: false });
  });

  it.each<[string, string, string]>([
    ['another repository', '/v2/other/blobs/uploads/u', 'RedirectRefused'],
    ['a repository below this one', '/v2/app-2/blobs/uploads/u', 'RedirectRefused'],
    ['dots that lead to another repository', '/v2/app/../other/blobs/uploads/u', 'RedirectRefused'],
    ['escaped dots', '/v2/app/%2e%2e/other/blobs/uploads/u', 'RedirectRefused'],
    ['an escaped slash in another repository’s name', '/v2/other%2Fx/blobs/uploads/u', 'RedirectRefused'],
    ['dots and an escaped slash, in the repository', '/v2/app/blobs/uploads/..%2f..%2f..%2fother', 'RedirectRefused'],
    ['dots and an escaped slash, outside of /v2', '/uploads/..%2fv2/other', 'RedirectRefused'],
    ['escaped dots on another host', 'https://s3.example/%2e%2E/x', 'RedirectRefused'],
    ['dots escaped twice', '/v2/app/blobs/uploads/%252e%252e%252fother', 'RedirectRefused'],
    ['another repository, escaped twice', '/%2576%32/other/blobs/uploads/u', 'RedirectRefused'],
    ['another repository together with an escape that is not UTF-8', '/v2/%6fther/blobs/uploads/u%ff', 'RedirectRefused'],
    ['the API, escaped, together with an escape that is not UTF-8', '/%762/other/blobs/uploads/u%ff', 'RedirectRefused'],
    ['an escaped letter of another repository', '/v2/%6fther/blobs/uploads/u', 'RedirectRefused'],
    ['double slashes before another repository', '//r.example//v2/other/blobs/uploads/u', 'RedirectRefused'],
    ['the root of the API', '/v2/', 'RedirectRefused'],
    ['http on another host', 'http://evil.example/u', 'RedirectRefused'],
    ['http on another port', 'http://r.example:8080/v2/app/blobs/uploads/u', 'RedirectRefused'],
    ['a user name', 'https://user@r.example/v2/app/blobs/uploads/u', 'RedirectRefused'],
    ['a password', 'https://:p@s3.example/u', 'RedirectRefused'],
    ['another scheme', 'ftp://r.example/u', 'RedirectRefused'],
    ['a script', 'javascript:alert(1)', 'RedirectRefused'],
    ['a backslash', '/\\evil.example/u', 'UpstreamInvalid'],
    ['a URL of more than 16 KiB', `/${'a'.repeat(16 * 1024)}`, 'UpstreamInvalid'],
    ['a tab', '/v2/app/blobs/uploads/u\tv', 'UpstreamInvalid'],
    ['a text that is not a URL', 'https://[', 'UpstreamInvalid'],
    ['an empty Location', '', 'UpstreamInvalid'],
  ])('C2 auth over Location: refuses %s', (_, location, code) => {
    expect(() => map(location)).toThrow(expect.objectContaining({ code, status: 502, ociCode: 'UNKNOWN' }) as Error);
  });

  it('C14 log leakage: names at most the origin in its message', () => {
    expect(() => map('http://evil.example/u?X-Sig=hush')).toThrow(/^(?!.*hush)(?!.*evil).*to a place without TLS/);
  });

  it("C2 auth over Location: gives the client only the proxy's own paths for any Location of the registry", () => {
    const part = fc.constantFrom(
      ...[
        'https:',
        'http:',
        '//',
        '/',
        'r.example',
        'evil.example',
        ':443',
        '@',
        '\\',
        '..',
        '%2e',
        'v2',
        'app',
        'blobs',
        'uploads',
        'u',
        '?',
        '#',
        'sealed.x',
        ' ',
      ],
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
        const mapped = tryMap(parts.join(''));
        if (mapped === undefined) {
          return;
        }
        const url = new URL(mapped.location, 'https://proxy.example');
        expect(url.origin).toBe('https://proxy.example');
        expect(url.pathname).toMatch(/^\/v2\/namespaces\/team\/connectors\/hub\/app\/blobs\/uploads\/[^/]+$/);
        // The path is the proxy's own or sealed, and the credential goes only to the Connector's origin.
        if (mapped.sealed === undefined) {
          expect(url.pathname).not.toContain('/sealed.');
        } else {
          expect(mapped.elsewhere === undefined).toBe(mapped.sealed.origin === 'https://r.example');
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

function tryMap(location: string): Mapped | undefined {
  try {
    return map(location);
  } catch (error) {
    if (error instanceof ProxyError) {
      return undefined;
    }
    throw error;
  }
}
