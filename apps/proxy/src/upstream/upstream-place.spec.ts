import { meantOrigin, parseUpstreamAddress } from '@oci-connector/connector-api';
import * as fc from 'fast-check';
import { MAX_REFERENCE_LENGTH, readReference, resolvePlace } from './upstream-place';

const HEX = 'f0e1d2c3b4a5968778695a4b3c2d1e0f'.repeat(2);

function resolve(reference: string, asked = 'https://r.example/v2/app/blobs/x?y=1', address = 'https://r.example'): string {
  const url = new URL(asked);
  const place = resolvePlace(
    reference,
    { asked: { origin: url.origin, path: asked.slice(url.origin.length) }, address: parseUpstreamAddress(address) },
    'a redirect',
  );
  return place.origin + place.path;
}

/** URLs as object stores sign them. The signature covers every byte of path and query. */
const PRESIGNED: readonly [name: string, url: string][] = [
  [
    'S3 with a session token',
    `https://bucket.s3.eu-central-1.amazonaws.com/docker/registry/v2/blobs/sha256/f0/${HEX}/data?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=ASIAEXAMPLE%2F20260101%2Feu-central-1%2Fs3%2Faws4_request&X-Amz-Date=20260101T000000Z&X-Amz-Expires=1200&X-Amz-SignedHeaders=host&X-Amz-Security-Token=IQoJb3JpZ2luX2VjE%2BD%2f%2F%3D%3d&X-Amz-Signature=${HEX}`,
  ],
  [
    'S3, version 2, with a plus and an empty value',
    `https://s3.example/b/k%20a+b?AWSAccessKeyId=AKIA&Expires=1&Signature=a%2Bb%2fc%3D&response-content-type=&x-id`,
  ],
  ['S3 with a key of non-ASCII letters in lower case', 'https://s3.example/b/%e6%97%a5/%C3%9c?X-Amz-Signature=0'],
  ['S3 with two slashes and characters that parsers escape', 'https://s3.example//b//k\'(1)!*"<>^`{|}?a=\'"<>^`{|}\\&b'],
  [
    'Google Cloud Storage',
    'https://storage.googleapis.com/us.artifacts.p.appspot.com/containers/images/sha256:ab?Expires=1&GoogleAccessId=x%40y.iam.gserviceaccount.com&Signature=Zm9v%2B%2Fw%3D%3D&userProject=p',
  ],
  [
    'Azure',
    'https://a.blob.core.windows.net/c/docker/blobs/ab/data?se=2026-01-01T00%3A00%3A00Z&sig=a%2Fb%2Bc%3D&sp=r&spr=https&sr=b&sv=2018-11-09&regid=x&anon=false',
  ],
  ['CloudFront', 'https://d1.cloudfront.net/sha256:ab?Expires=1&Signature=abc~def-ghi__&Key-Pair-Id=K'],
  ['an unsorted query with repetitions', 'https://cdn.example/x?b=2&a=1&&b=&=&a#fragment'],
];

describe('a place that a registry names', () => {
  it.each(PRESIGNED)('keeps the bytes of a URL signed by %s', (_, url) => {
    expect(resolve(url)).toBe(url.replace('#fragment', ''));
  });

  it('escapes raw UTF-8 once, and leaves escapes unchanged', () => {
    // Node.js returns one character for each byte.
    const raw = Buffer.from('https://cdn.example/日本/a b/%E6%97%a5?n=ü&m=%c3%bc').toString('latin1');
    expect(resolve(raw)).toBe('https://cdn.example/%E6%97%A5%E6%9C%AC/a%20b/%E6%97%a5?n=%C3%BC&m=%c3%bc');
    expect(resolve(Buffer.from('/é').toString('latin1'))).toBe('https://r.example/%C3%A9');
    // The letter ends in a byte that is a blank in Latin-1. Bytes that are not UTF-8 are kept.
    expect(resolve(Buffer.from('/à').toString('latin1'))).toBe('https://r.example/%C3%A0');
    expect(resolve('/\xff\xfe')).toBe('https://r.example/%FF%FE');
  });

  it.each([
    ['/a', 'https://r.example/a'],
    ['/a/../b/./c/', 'https://r.example/b/c/'],
    ['/../../a/..', 'https://r.example/'],
    ['b', 'https://r.example/v2/app/blobs/b'],
    ['../b/?c', 'https://r.example/v2/app/b/?c'],
    ['?z=1', 'https://r.example/v2/app/blobs/x?z=1'],
    ['?', 'https://r.example/v2/app/blobs/x?'],
    ['//cdn.example', 'https://cdn.example/'],
    ['HTTPS://CDN.example:443?x', 'https://cdn.example/?x'],
    ['https://cdn.example:8443/a', 'https://cdn.example:8443/a'],
    [' \t/a ', 'https://r.example/a'],
    ['b:c/d', undefined],
    ['./b:c/d', 'https://r.example/v2/app/blobs/b:c/d'],
  ])('resolves %j (RFC 3986 §5)', (reference, expected) => {
    if (expected === undefined) {
      expect(() => resolve(reference)).toThrow(/neither http nor https/);
    } else {
      expect(resolve(reference)).toBe(expected);
    }
  });

  it('resolves a plain reference to the same URL as a URL parser', () => {
    const part = fc.constantFrom('/', 'a', '..', '.', '?', '//', 'r.example', 'https:', ':8443', '%41');
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 8 }), (parts) => {
        const reference = parts.join('');
        const place = readReference(reference, {
          asked: { origin: 'https://r.example', path: '/v2/app/x' },
          address: parseUpstreamAddress('https://r.example'),
        });
        if ('problem' in place) {
          return;
        }
        const url = new URL(reference, 'https://r.example/v2/app/x');
        const query = reference.includes('?') ? url.search || '?' : '';
        expect(place.origin + place.path).toBe(url.origin + url.pathname + query);
      }),
      { numRuns: 1_000 },
    );
  });

  it.each<[string, string, string]>([
    ['an empty reference', '', 'UpstreamInvalid'],
    ['a fragment alone', '#a', 'UpstreamInvalid'],
    ['a control character', '/a\x01', 'UpstreamInvalid'],
    ['a tab inside', '/a\tb', 'UpstreamInvalid'],
    ['a backslash in the path', '/\\evil.example', 'UpstreamInvalid'],
    ['no host', 'https:///a', 'UpstreamInvalid'],
    ['no slashes', 'https:a', 'UpstreamInvalid'],
    ['a bad host', 'https://[', 'UpstreamInvalid'],
    ['a host in raw UTF-8', 'https://\xc3\xbc.example/', 'UpstreamInvalid'],
    ['a backslash in the host', 'https://a\\b.example/', 'UpstreamInvalid'],
    ['a reference beyond the limit', `/${'a'.repeat(MAX_REFERENCE_LENGTH)}`, 'UpstreamInvalid'],
    ['a user name', 'https://u@cdn.example/', 'RedirectRefused'],
    ['an empty password', '//:@cdn.example/', 'RedirectRefused'],
    ['another scheme', 'ftp://cdn.example/', 'RedirectRefused'],
    ['escaped dots', '/a/%2e%2e/b', 'RedirectRefused'],
    ['an escaped slash after dots', '/a/..%2fb', 'RedirectRefused'],
    ['dots that are escaped twice', '/a/%252e%252e%252fb', 'RedirectRefused'],
    ['dots that appear when others are resolved', '/a/x/../%2e./b', 'RedirectRefused'],
    ['http on another host', 'http://cdn.example/', 'RedirectRefused'],
  ])('refuses %s', (_, reference, code) => {
    expect(() => resolve(reference)).toThrow(expect.objectContaining({ code, status: 502 }) as Error);
  });
});

/** One rule for Location, redirect, Link and realm: on the same host, the scheme of the address is used. */
const OWN_SCHEME: readonly [address: string, reference: string, meant: string | undefined][] = [
  ['https://r.example', 'http://r.example/a', 'https://r.example'],
  ['https://r.example', 'http://r.example:80/a', 'https://r.example'],
  ['https://r.example', 'http://r.example:443/a', 'https://r.example'],
  ['https://r.example', 'HTTP://R.Example/a', 'https://r.example'],
  ['https://r.example', 'http://r.example:5000/a', undefined],
  ['https://r.example', 'http://cdn.example/a', undefined],
  ['https://r.example', 'http://a.r.example/a', undefined],
  ['https://r.example:5000', 'http://r.example/a', 'https://r.example:5000'],
  ['https://r.example:5000', 'http://r.example:80/a', 'https://r.example:5000'],
  ['https://r.example:5000', 'http://r.example:5000/a', 'https://r.example:5000'],
  ['https://r.example:5000', 'http://r.example:443/a', undefined],
  ['https://r.example:5000', 'http://r.example:8080/a', undefined],
  ['https://r.example:5000', 'https://r.example/a', 'https://r.example'],
  ['https://[::1]:5000', 'http://[::1]:5000/a', 'https://[::1]:5000'],
  ['http://r.example', 'https://r.example/a', 'https://r.example'],
  ['http://r.example:5000', 'http://r.example/a', 'http://r.example'],
];

describe("http:// URLs of the Connector's own https host (behind a load balancer that terminates TLS)", () => {
  it.each(OWN_SCHEME)('of %s: %s means %s', (address, reference, meant) => {
    const own = parseUpstreamAddress(address).origin;
    const to = (): string => resolve(reference, `${own}/v2/app/x`, address);
    if (meant === undefined) {
      expect(to).toThrow(/leads from https to a place without TLS/);
    } else {
      expect(to()).toBe(`${meant}/a`);
    }
    const url = new URL(reference);
    expect(meantOrigin(url, own)).toBe(meant ?? url.origin);
  });

  it('applies to places that the registry redirects to, too', () => {
    expect(resolve('http://cdn.example/a', 'https://cdn.example:8443/x')).toBe('https://cdn.example:8443/a');
    expect(resolve('http://r.example/a', 'https://cdn.example/x')).toBe('https://r.example/a');
    expect(() => resolve('http://r.example/a', 'https://cdn.example/x', 'http://r.example')).toThrow(/without TLS/);
  });
});
