import { rewriteLinks } from './link-header';

const CLIENT = '/v2/namespaces/team/connectors/hub/app/tags/list';

function rewrite(link: string | string[] | undefined): string | undefined {
  return rewriteLinks(link, {
    requested: new URL('https://r.example/v2/app/tags/list?n=2'),
    repositoryPath: '/v2/app/',
    clientPath: CLIENT,
  });
}

describe('rewriteLinks', () => {
  it.each<[string, string | string[], string]>([
    ['a path', '</v2/app/tags/list?last=b&n=2>; rel="next"', `<${CLIENT}?last=b&n=2>; rel="next"`],
    ['its query byte for byte', '</v2/app/tags/list?last=a%2Fb+c&t=%3d\'x>;rel=next', `<${CLIENT}?last=a%2Fb+c&t=%3d'x>;rel=next`],
    ['an absolute URL', '<https://r.example/v2/app/tags/list?n=2>; rel="next"', `<${CLIENT}?n=2>; rel="next"`],
    ['http and a port behind a load balancer', '<http://r.example:8080/v2/app/tags/list?n=2>; rel="next"', `<${CLIENT}?n=2>; rel="next"`],
    ['a query alone', '<?n=2&last=b>; rel="next"', `<${CLIENT}?n=2&last=b>; rel="next"`],
    ['a path of the registry’s own', '</artifactory/api/app/tags/list?n=2>; rel="next"', `<${CLIENT}?n=2>; rel="next"`],
    ['no query', '</v2/app/tags/list>; rel="first"', `<${CLIENT}>; rel="first"`],
    ['ns, taken off', '</v2/app/tags/list?ns=r.example&n=2>; rel="next"', `<${CLIENT}?n=2>; rel="next"`],
    ['several in one header', '<?a>; rel="prev", <?b,c>; rel="next"', `<${CLIENT}?a>; rel="prev", <${CLIENT}?b,c>; rel="next"`],
    ['several headers', ['<?a>; rel="prev"', '<?b>; rel="next"'], `<${CLIENT}?a>; rel="prev", <${CLIENT}?b>; rel="next"`],
    ['a good one beside a bad one', '<https://evil.example/?a>; rel="next", <?b>; rel="next"', `<${CLIENT}?b>; rel="next"`],
  ])('puts the client’s path for %s', (_, link, expected) => {
    expect(rewrite(link)).toBe(expected);
  });

  it.each<[string, string | undefined]>([
    ['no header', undefined],
    ['an empty one', ''],
    ['another host', '<https://evil.example/v2/app/tags/list?n=2>; rel="next"'],
    ['another repository', '</v2/other/tags/list?n=2>; rel="next"'],
    ['another repository by dots', '</v2/app/../other/tags/list?n=2>; rel="next"'],
    ['the catalog', '</v2/_catalog?n=2>; rel="next"'],
    ['no brackets', '/v2/app/tags/list?n=2; rel="next"'],
    ['a link inside of a link', '<?a<https://evil.example>>; rel="next"'],
    ['a backslash', '</\\evil.example/?n=2>; rel="next"'],
    ['no URL', '<https://[>; rel="next"'],
  ])('leaves out %s', (_, link) => {
    expect(rewrite(link)).toBeUndefined();
  });

  it('takes no time that grows faster than the header', () => {
    expect(rewrite(`<?a>${'; '.repeat(8_000)}<`)).toBeUndefined();
    expect(rewrite(`${','.repeat(8_000)}${' '.repeat(8_000)}x`)).toBeUndefined();
  });
});
