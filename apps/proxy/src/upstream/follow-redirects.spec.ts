import { parseUpstreamAddress } from '@oci-connector/connector-api';
import { GivenResponse } from '../../test/given-response';
import { followRedirects } from './follow-redirects';
import { type UpstreamTarget } from './upstream-target';

const ADDRESS = parseUpstreamAddress('https://registry.example:5000/team');

function response(status: number, location?: string | string[]): GivenResponse {
  return new GivenResponse(status, { location });
}

async function follow(...locations: (string | string[] | undefined)[]): Promise<UpstreamTarget[]> {
  const [first, ...rest] = locations;
  const hops: UpstreamTarget[] = [];
  const start: UpstreamTarget = {
    origin: 'https://registry.example:5000',
    path: '/v2/team/a/blobs/x',
    purpose: 'connector',
    sendCredential: true,
  };
  await followRedirects(response(307, first), start, ADDRESS, (hop) => {
    const index = hops.push(hop) - 1;
    return Promise.resolve(index < rest.length ? response(302, rest[index]) : response(200));
  });
  return hops;
}

describe('followRedirects', () => {
  it.each<[string, string, Pick<UpstreamTarget, 'purpose' | 'sendCredential'> & { url: string }]>([
    [
      'the own origin',
      '/blobs/x?y=%2F',
      { url: 'https://registry.example:5000/blobs/x?y=%2F', purpose: 'connector', sendCredential: true },
    ],
    [
      'another port of the own host',
      'https://registry.example/x',
      { url: 'https://registry.example/x', purpose: 'redirect-own-host', sendCredential: false },
    ],
    ['another host', 'https://cdn.example/x', { url: 'https://cdn.example/x', purpose: 'redirect', sendCredential: false }],
    [
      'a subdomain',
      'https://a.registry.example:5000/x',
      { url: 'https://a.registry.example:5000/x', purpose: 'redirect', sendCredential: false },
    ],
    [
      'the own host and port by http (a balancer that ends TLS)',
      'http://registry.example:5000/x',
      { url: 'https://registry.example:5000/x', purpose: 'connector', sendCredential: true },
    ],
    [
      'raw UTF-8, escaped once',
      'https://cdn.example/\xc3\xbc?a=%C3%bc',
      { url: 'https://cdn.example/%C3%BC?a=%C3%bc', purpose: 'redirect', sendCredential: false },
    ],
    [
      'the own host by http, behind a balancer that ends TLS',
      'http://registry.example/x',
      { url: 'https://registry.example:5000/x', purpose: 'connector', sendCredential: true },
    ],
  ])('C2: %s', async (_name, location, { url, ...expected }) => {
    const [hop] = await follow(location);
    expect(hop).toMatchObject(expected);
    expect(`${hop?.origin}${hop?.path}`).toBe(url);
  });

  it('C2: never sends the credential again after a hop without it', async () => {
    const hops = await follow('https://evil.example/', 'https://registry.example:5000/v2/other/secret');
    expect(hops.map(({ sendCredential }) => sendCredential)).toEqual([false, false]);
  });

  it.each<[string, (string | string[] | undefined)[]]>([
    ['https to http elsewhere', ['http://cdn.example/x']],
    ['https to http on another port', ['http://registry.example:8080/x']],
    ['escaped dots', ['/blobs/..%2fx']],
    ['a user name', ['https://a@cdn.example/x']],
    ['another scheme', ['ftp://cdn.example/x']],
    ['no Location', [undefined]],
    ['two Locations', [['/a', '/b']]],
    ['too many redirects', Array.from({ length: 6 }, (_, index) => `/${index}`)],
  ])('refuses %s', async (_name, locations) => {
    await expect(follow(...locations)).rejects.toMatchObject({ code: 'RedirectRefused' });
  });

  it('refuses a Location that is not a URL', async () => {
    await expect(follow('https://')).rejects.toMatchObject({ code: 'UpstreamInvalid', status: 502 });
  });

  it('returns a response that is not a redirect unchanged', async () => {
    const first = response(304, '/x');
    const hop: UpstreamTarget = { origin: 'https://registry.example', path: '/', purpose: 'connector', sendCredential: true };
    const { response: last } = await followRedirects(first, hop, ADDRESS, () => Promise.reject(new Error('not to be called')));
    expect(last).toBe(first);
    expect(first.consumed).toBe(false);
  });
});
