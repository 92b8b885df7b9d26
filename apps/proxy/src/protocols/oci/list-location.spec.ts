import { parseUpstreamAddress } from '@oci-connector/connector-api';
import { type UpstreamPlace } from '../../upstream/upstream-place';
import { targetOf } from '../../upstream/upstream-target';
import { mapNextPage } from './list-location';
import { type MappedLocation } from './upload-location';

const CLIENT = '/v2/namespaces/team/connectors/hub/app';
const SHA = `sha256:${'0123456789abcdef'.repeat(4)}`;

interface Given {
  /** The URL that sent the list. */
  answered?: string;
  address?: string;
  tail?: string;
}

function map(
  reference: string,
  { address = 'https://r.example', tail = 'tags/list', ...given }: Given = {},
): MappedLocation & { sealed?: string } {
  const parsed = parseUpstreamAddress(address);
  const answered = given.answered ?? `${parsed.origin}/v2/team/app/${tail}?n=2`;
  const { origin } = new URL(answered);
  let sealed: UpstreamPlace | undefined;
  const mapped = mapNextPage(reference, {
    address: parsed,
    names: { upstream: 'team/app', client: 'namespaces/team/connectors/hub/app', clientPath: CLIENT },
    tail,
    answered: targetOf({ origin, path: answered.slice(origin.length) }, parsed),
    seal: (place) => {
      sealed = place;
      return 'sealed.KEY.BODY';
    },
  });
  return { ...mapped, ...(sealed && { sealed: sealed.origin + sealed.path }) };
}

const PORT = { address: 'https://r.example:5000' };

describe('the next page of a list (lists are cut silently)', () => {
  it.each<[string, string, string, Given?]>([
    ['a path', '/v2/team/app/tags/list?last=b&n=2', 'last=b&n=2'],
    ['its query byte for byte', "/v2/team/app/tags/list?last=a%2Fb+c&t=%3d'x&&y=", "last=a%2Fb+c&t=%3d'x&&y="],
    ['an absolute URL', 'https://r.example/v2/team/app/tags/list?n=2', 'n=2'],
    ['a query alone', '?n=2&last=b', 'n=2&last=b'],
    ['a name', 'list?n=2', 'n=2'],
    ['raw UTF-8, escaped once', '?last=\xc3\xbc%C3%bc', 'last=%C3%BC%C3%bc'],
    ['http behind a load balancer that terminates TLS', 'http://r.example/v2/team/app/tags/list?n=2', 'n=2'],
    ["http with the registry's https port", 'http://r.example:5000/v2/team/app/tags/list?n=2', 'n=2', PORT],
    ['http with another port of a registry that does not know its own', 'http://r.example:8080/v2/team/app/tags/list?n=2', 'n=2', PORT],
    ['an internal host', 'http://registry.internal:5000/v2/team/app/tags/list?n=2', 'n=2'],
    ['an internal address', 'http://10.0.0.1/v2/team/app/tags/list?n=2', 'n=2'],
    ['a path without its first component', '/team/app/tags/list?n=2', 'n=2'],
    ['a path without the repository’s first component', '/v2/app/tags/list?n=2', 'n=2'],
    ['only the end of the list’s path', '/tags/list?n=2', 'n=2'],
    ['two slashes', 'https://r.example//v2//team/app/tags/list?n=2', 'n=2'],
    ['an escaped digest', `/v2/team/app/referrers/${SHA.replace(':', '%3A')}?p=2`, 'p=2', { tail: `referrers/${SHA}` }],
    ['the own list, after a redirect', 'https://r.example/v2/team/app/tags/list?n=2', 'n=2', { answered: 'https://cdn.example/x' }],
  ])('is mapped for %s', (_, reference, query, given = {}) => {
    const { tail = 'tags/list' } = given;
    expect(map(reference, given)).toEqual({ location: `${CLIENT}/${tail}?${query}` });
  });

  it('is mapped without a query', () => {
    expect(map('/v2/team/app/tags/list').location).toBe(`${CLIENT}/tags/list`);
  });

  it.each<[string, string, string, string | undefined, Given?]>([
    ['a path of the registry’s own', '/artifactory/api/docker/x?n=2', 'https://r.example/artifactory/api/docker/x?n=2', undefined],
    ['another path of the repository', '/v2/team/app/_tags?n=2', 'https://r.example/v2/team/app/_tags?n=2', undefined],
    ['ns, which the proxy would remove', '?ns=x&n=2', 'https://r.example/v2/team/app/tags/list?ns=x&n=2', undefined],
    ["a query with the proxy's own parameter", '?sealed=x', 'https://r.example/v2/team/app/tags/list?sealed=x', undefined],
    [
      'a relative query after a redirect to another host',
      '?last=b',
      'https://cdn.example/v2/team/app/tags/list?last=b',
      'redirect',
      { answered: 'https://cdn.example/v2/team/app/tags/list?n=2' },
    ],
    [
      'a path after a redirect to another host',
      '/v2/team/app/tags/list?last=b',
      'https://cdn.example/v2/team/app/tags/list?last=b',
      'redirect',
      { answered: 'https://cdn.example/lists/1' },
    ],
    [
      'a relative query after a redirect on the own origin',
      '?last=b',
      'https://r.example/internal/tags/list?last=b',
      undefined,
      { answered: 'https://r.example/internal/tags/list' },
    ],
    ["another port of the registry's host", 'https://r.example:8443/tags?n=2', 'https://r.example:8443/tags?n=2', 'redirect-own-host'],
    ['another host', 'https://evil.example/tags?n=2', 'https://evil.example/tags?n=2', 'redirect'],
  ])('is sealed for %s', (_, reference, sealed, purpose, given = {}) => {
    const mapped = map(reference, given);
    expect(mapped).toMatchObject({ location: `${CLIENT}/tags/list?sealed=sealed.KEY.BODY`, sealed });
    expect(mapped.elsewhere).toEqual(purpose === undefined ? undefined : expect.objectContaining({ purpose, sendCredential: false }));
  });

  it.each<[string, string, Given?]>([
    ['another repository', '/v2/other/tags/list?n=2'],
    ['another repository by dots', '/v2/team/app/../../other/tags/list?n=2'],
    ['another repository by escaped dots', '/v2/team/app/..%2f..%2fother/tags/list?n=2'],
    ['another repository in escapes', '/v2/%6fther/tags/list%ff'],
    ['a repository with the same ending', '/v2/xteam/app/tags/list?n=2'],
    ['the catalog', '/v2/_catalog?n=2'],
    ['a place without TLS', 'http://registry.internal/lists?n=2'],
    [
      'the same list without TLS elsewhere, after a redirect',
      'http://registry.internal/v2/team/app/tags/list?n=2',
      { answered: 'https://cdn.example/x' },
    ],
    ['a user name', 'https://u@r.example/v2/team/app/tags/list?n=2'],
    ['no URL', 'https://['],
    ['an empty reference', ''],
    ['another place of the registry, named by another host (C2)', 'https://r.example/admin?n=2', { answered: 'https://cdn.example/x' }],
  ])('is refused with 502 and the reason for %s', (_, reference, given = {}) => {
    expect(() => map(reference, given)).toThrow(
      expect.objectContaining({ status: 502, message: expect.stringMatching(/a next page/) as string }) as Error,
    );
  });
});
