import { parseUpstreamAddress } from '@oci-connector/connector-api';
import { ProxyError } from '../proxy.errors';
import { pathInside } from '../protocols/path-inside';
import { ForwardNaming, type NamedAddress } from './forward-naming';

const HOST = 'registry.example';

/** The address of a Connector with this path. */
function named(name: string, path = ''): NamedAddress {
  const address = parseUpstreamAddress(`https://${HOST}${path}`);
  return { connector: { namespace: 'team', name }, address, inside: (asked) => pathInside(asked, address) };
}

describe('ForwardNaming', () => {
  let addresses: NamedAddress[];

  const naming = (scheme: 'http' | 'https' = 'https', port = 443): ForwardNaming =>
    new ForwardNaming({ scheme, authority: { host: HOST, port }, addresses: () => addresses });

  beforeEach(() => {
    addresses = [named('whole')];
  });

  it.each([
    ['https', 443, HOST],
    ['https', 443, `${HOST}:443`],
    ['https', 443, `${HOST.toUpperCase()}.`],
    ['http', 80, HOST],
    ['https', 8443, `${HOST}:8443`],
  ] as const)('%s port %i is meant by the Host %s', (scheme, port, host) => {
    expect(naming(scheme, port).name({ url: '/a?b', headers: { host } })).toMatchObject({
      host: HOST,
      path: '/a',
      connector: { namespace: 'team', name: 'whole', path: '/a', query: 'b' },
    });
  });

  it.each([
    ['https', 443, 'other.example'],
    ['https', 443, `${HOST}:80`],
    ['https', 8443, HOST],
    ['http', 80, `${HOST}:443`],
    ['https', 443, `x${HOST}`],
    ['https', 443, `${HOST}:0443`],
    ['https', 443, ''],
    ['https', 443, undefined],
  ] as const)('%s port %i is not meant by the Host %s: Misdirected (C6)', (scheme, port, host) => {
    expect(() => naming(scheme, port).name({ url: '/a', headers: { host } })).toThrow(
      expect.objectContaining({ code: 'Misdirected', closes: true }) as Error,
    );
  });

  it.each([`https://${HOST}/a`, `https://${HOST}:443/a`, `HTTPS://${HOST.toUpperCase()}/a`])('accepts the absolute URL %s', (url) => {
    expect(naming().name({ url, headers: { host: HOST } }).connector?.path).toBe('/a');
  });

  it.each([`http://${HOST}/a`, 'https://other.example/a', `https://${HOST}:1/a`, `https://user@${HOST}/a`, '*', 'a'])(
    'refuses the target %s',
    (url) => {
      expect(() => naming().name({ url, headers: { host: HOST } })).toThrow(expect.objectContaining({ code: 'Misdirected' }) as Error);
    },
  );

  it('chooses the first address that contains the path, in the order of the login', () => {
    addresses = [named('team', '/team'), named('whole'), named('second', '/team')];
    const chosen = (url: string): string | undefined => naming().name({ url, headers: { host: HOST } }).connector?.name;
    expect([chosen('/team/a'), chosen('/teams/a'), chosen('/a')]).toEqual(['team', 'whole', 'whole']);
  });

  it('names no Connector for a path outside of all addresses, and says what to do', () => {
    addresses = [named('team', '/team')];
    const name = naming().name({ url: '/other', headers: { host: HOST } });
    expect(name.connector).toBeUndefined();
    expect(naming().notNamed(name)).toMatchObject({ code: 'PathNotCovered', message: expect.stringContaining('spec.address') as string });
  });

  it('reports why a path is none of the protocol, unless another Connector contains it', () => {
    const refused = new ProxyError('RouteUnknown', 'no such route');
    const refusing: NamedAddress = {
      ...named('refusing'),
      inside: () => {
        throw refused;
      },
    };
    addresses = [refusing];
    expect(naming().notNamed(naming().name({ url: '/a', headers: { host: HOST } }))).toBe(refused);
    addresses = [refusing, named('whole')];
    expect(naming().name({ url: '/a', headers: { host: HOST } }).connector?.name).toBe('whole');
  });

  it('does not hide an error that is no refusal', () => {
    const broken = new TypeError('broken');
    addresses = [
      {
        ...named('broken'),
        inside: () => {
          throw broken;
        },
      },
    ];
    expect(() => naming().name({ url: '/a', headers: { host: HOST } })).toThrow(broken);
  });
});
