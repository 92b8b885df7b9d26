import { isRepositoryName } from '@oci-connector/connector-api';
import * as fc from 'fast-check';
import { ProxyError } from '../../proxy.errors';
import { tailOf } from './oci-routes';
import { isDigest, isSession, parseOciPath, type OciRoute } from './route-grammar';

const SHA = `sha256:${'0123456789abcdef'.repeat(4)}`;

describe('parseOciPath', () => {
  it.each<[string, OciRoute]>([
    ['/v2/app/manifests/latest', { kind: 'manifest', repository: 'app', reference: 'latest' }],
    ['/v2/a/b_c/d__e/f--g.h/manifests/V1.0_x-y', { kind: 'manifest', repository: 'a/b_c/d__e/f--g.h', reference: 'V1.0_x-y' }],
    [`/v2/app/manifests/${SHA}`, { kind: 'manifest', repository: 'app', reference: SHA }],
    [`/v2/app/manifests/${SHA.replace(':', '%3A')}`, { kind: 'manifest', repository: 'app', reference: SHA }],
    [`/v2/app/blobs/${SHA}`, { kind: 'blob', repository: 'app', digest: SHA }],
    [`/v2/app/blobs/${SHA.replace(':', '%3A')}`, { kind: 'blob', repository: 'app', digest: SHA }],
    ['/v2/app/blobs/sha256:totallywrong', { kind: 'blob', repository: 'app', digest: 'sha256:totallywrong' }],
    ['/v2/app/blobs/multihash+base58:QmRZxt2b=', { kind: 'blob', repository: 'app', digest: 'multihash+base58:QmRZxt2b=' }],
    ['/v2/app/blobs/uploads/', { kind: 'upload-start', repository: 'app' }],
    ['/v2/app/blobs/uploads', { kind: 'upload-start', repository: 'app' }],
    ['/v2/app/blobs/uploads/3f2a-b_c.d=', { kind: 'upload-session', repository: 'app', session: '3f2a-b_c.d=' }],
    ['/v2/app/blobs/uploads/sealed.key.body', { kind: 'upload-session', repository: 'app', session: 'sealed.key.body' }],
    ['/v2/app/tags/list', { kind: 'tags', repository: 'app' }],
    [`/v2/app/referrers/${SHA}`, { kind: 'referrers', repository: 'app', digest: SHA }],
    // Components may have the names of routes; the end of the path decides.
    ['/v2/blobs/manifests/tags/list', { kind: 'tags', repository: 'blobs/manifests' }],
    ['/v2/a/tags/list/manifests/t', { kind: 'manifest', repository: 'a/tags/list', reference: 't' }],
    ['/v2/a/blobs/manifests/uploads', { kind: 'manifest', repository: 'a/blobs', reference: 'uploads' }],
    ['/v2/a/blobs/uploads/manifests', { kind: 'upload-session', repository: 'a', session: 'manifests' }],
    [`/v2/${'a'.repeat(255)}/tags/list`, { kind: 'tags', repository: 'a'.repeat(255) }],
    [`/v2/a/manifests/${'t'.repeat(128)}`, { kind: 'manifest', repository: 'a', reference: 't'.repeat(128) }],
  ])('reads %.80s', (path, route) => {
    expect(parseOciPath(path)).toEqual(route);
  });

  it.each<[string, string]>([
    ['an empty segment', '/v2//app/manifests/t'],
    ['an empty segment inside', '/v2/a//b/manifests/t'],
    ['a slash at the end', '/v2/app/manifests/t/'],
    ['two slashes at the end of uploads', '/v2/app/blobs/uploads//'],
    ['a dot segment', '/v2/app/./manifests/t'],
    ['a dot-dot segment', '/v2/app/../other/manifests/t'],
    ['a dot-dot segment as reference', '/v2/app/manifests/..'],
    ['a dot-dot segment as session', '/v2/app/blobs/uploads/..'],
    ['an escaped dot-dot segment', '/v2/app/%2e%2e/other/manifests/t'],
    ['a half escaped dot-dot segment', '/v2/app/.%2E/other/manifests/t'],
    ['an escaped slash', '/v2/app%2Fother/manifests/t'],
    ['an escaped slash in a digest', `/v2/app/blobs/sha256%3Aab%2Fcd`],
    ['an escape of a plain letter', '/v2/%61pp/manifests/t'],
    ['a lower-case escape of the colon', `/v2/app/blobs/${SHA.replace(':', '%3a')}`],
    ['an escaped colon twice', '/v2/app/blobs/sha256%3Aab%3Acd'],
    ['an escaped colon in the name', `/v2/app%3Ax/blobs/${SHA}`],
    ['an escaped colon in a session', '/v2/app/blobs/uploads/a%3Ab'],
    ['a double escape', `/v2/app/blobs/${SHA.replace(':', '%253A')}`],
    ['a backslash', '/v2/app\\other/manifests/t'],
    ['a semicolon', '/v2/app;x/manifests/t'],
    ['a semicolon after dots', '/v2/app/..;/manifests/t'],
    ['a character beyond ASCII', '/v2/äpp/manifests/t'],
    ['a character beyond ASCII, as Node.js reads it', Buffer.from('/v2/äpp/manifests/t').toString('latin1')],
    ['a line break', '/v2/app/manifests/t\n'],
    ['a NUL', '/v2/app\0/manifests/t'],
    ['a capital letter in the name', '/v2/App/manifests/t'],
    ['a separator at the end of a component', '/v2/app-/manifests/t'],
    ['three underscores', '/v2/a___b/manifests/t'],
    ['no name', '/v2/manifests/t'],
    ['no name before uploads', '/v2/blobs/uploads/x'],
    ['a name of 256 characters', `/v2/${'a'.repeat(256)}/tags/list`],
    ['an upload inside the name', '/v2/a/blobs/uploads/b/manifests/t'],
    ['a blob reference that is not a digest', '/v2/app/blobs/latest'],
    ['a digest without a value', '/v2/app/blobs/sha256:'],
    ['referrers of a tag', '/v2/app/referrers/latest'],
    ['a reference with a colon that is not a digest', '/v2/app/manifests/a:b:c'],
  ])('C5 path confusion: refuses %s', (_, path) => {
    expect(() => parseOciPath(path)).toThrow(
      expect.objectContaining({ code: 'PathInvalid', status: 400, ociCode: 'NAME_INVALID' }) as Error,
    );
  });

  it.each([
    '/v2/_catalog',
    '/v2/',
    '/v2',
    '/v2/app',
    '/v2/app/tags',
    '/v2/app/tags/other',
    '/v2/app/other/x',
    '/v1/app/manifests/t',
    '/token',
    '/',
    '',
    '/api/',
    '/api//x',
    '/../v2/app/manifests/t',
    '/%2e%2e/v2/app/manifests/t',
    '//v2/app/manifests/t',
    '/V2/app/manifests/t',
    '/v2%2Fapp/manifests/t',
    'v2/app/manifests/t',
    '/v2/app/_trust/tuf/root.json',
  ])('does not serve %s', (path) => {
    // The trailing slash of /v2/ is an empty segment.
    const code = path === '/v2/' ? 'PathInvalid' : 'RouteUnknown';
    expect(() => parseOciPath(path)).toThrow(expect.objectContaining({ code }) as Error);
  });

  it.each(['.INVALID_MANIFEST_NAME', '-x', 't'.repeat(129)])(
    'answers 404 for the reference %.30s, as the conformance suite expects',
    (reference) => {
      expect(() => parseOciPath(`/v2/app/manifests/${reference}`)).toThrow(
        expect.objectContaining({ status: 404, ociCode: 'MANIFEST_UNKNOWN' }) as Error,
      );
    },
  );

  it('C5 path confusion: reads every path in exactly one way, or refuses it', () => {
    const name = fc.constantFrom('a', 'b-c', 'manifests', 'blobs', 'uploads', 'tags', 'namespaces', 'connectors');
    const odd = fc.constantFrom(...['', '.', '..', '%2e', '%2E%2e', '%2F', '%3A', '%', '\\', ';', 'A', 'ü', 'a%2Fb', '..;']);
    const tail = fc.constantFrom(
      'manifests/latest',
      `manifests/${SHA}`,
      `blobs/${SHA.replace(':', '%3A')}`,
      'blobs/uploads/',
      'blobs/uploads/sealed.x.y',
      'tags/list',
      `referrers/${SHA}`,
    );
    const segments = fc.array(fc.oneof({ weight: 9, arbitrary: name }, { weight: 1, arbitrary: odd }), { maxLength: 6 });
    const path = fc.tuple(segments, tail).map(([before, after]) => `/v2/${[...before, after].join('/')}`);
    fc.assert(
      fc.property(
        fc.oneof(
          path,
          fc.string().map((text) => `/v2/${text}`),
        ),
        (text) => {
          const route = parse(text);
          if (route === undefined) {
            return;
          }
          const rebuilt = `/v2/${route.repository}/${tailOf(route)}`;
          // The forwarded path is plain, and a parser that decodes or normalises it gets the same path.
          expect(rebuilt).toMatch(/^\/[A-Za-z0-9._~:@=+,/-]+$/);
          expect(new URL(rebuilt, 'http://r.example').pathname).toBe(rebuilt);
          expect(isRepositoryName(route.repository)).toBe(true);
          expect(parseOciPath(rebuilt)).toEqual(route);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});

function parse(path: string): OciRoute | undefined {
  try {
    return parseOciPath(path);
  } catch (error) {
    if (error instanceof ProxyError) {
      return undefined;
    }
    throw error;
  }
}

describe('isDigest and isSession', () => {
  it('run in linear time', () => {
    expect(isDigest(`${'a+'.repeat(127)}!`)).toBe(false);
  });

  it.each([
    ['abc', true],
    ['a~b:c@d=e+f,g', true],
    ['', false],
    ['.', false],
    ['..', false],
    ['a/b', false],
    ['a%20b', false],
    ['sealed.x', false],
    ['x'.repeat(24 * 1024 + 1), false],
  ])('for the session %.20s: %s', (session, expected) => {
    expect(isSession(session)).toBe(expected);
  });
});
