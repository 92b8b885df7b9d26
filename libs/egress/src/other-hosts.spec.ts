import { EgressPolicy } from './egress-policy';
import { type LookupAll } from './names/lookup-all';
import { type OtherHostsOptions } from './other-hosts';

const NAMES: Record<string, string[]> = {
  'pypi.example': ['93.184.216.34', '2606:2800:220::1'],
  'nat64.example': ['64:ff9b::5db8:d822'],
  'intranet.corp': ['10.1.2.3'],
  'split.example': ['93.184.216.34', '10.0.0.7'],
  'rebind.example': ['127.0.0.1'],
  'api.corp': ['10.96.0.1'],
  'kubernetes.default.svc': ['10.96.0.1'],
};

describe('C9 hosts of no connector', () => {
  let asked: string[];

  beforeEach(() => {
    asked = [];
  });

  const lookup: LookupAll = (name) => {
    asked.push(name);
    const addresses = NAMES[name.replace(/\.$/, '')] ?? [];
    return Promise.resolve(addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })));
  };

  const policy = (otherHosts: Partial<OtherHostsOptions> | undefined, allowCIDRs: string[] = []): EgressPolicy =>
    new EgressPolicy({
      allowCIDRs,
      redirectCIDRs: ['10.0.0.0/8'],
      refusedHosts: ['10.96.0.1'],
      otherHosts: otherHosts && { policy: 'public', allowCIDRs: [], ports: [443, 80], clusterDomain: 'corp.cluster', ...otherHosts },
      lookup,
    });

  const goes = (host: string, options?: Partial<OtherHostsOptions>, port = 443): Promise<string> =>
    policy(options)
      .resolve(host, port, 'other-host')
      .then(
        (addresses) => `to ${addresses.map(({ address }) => address).join(' ')}`,
        (error: { code: string }) => error.code,
      );

  it.each([
    ['pypi.example', 'to 93.184.216.34 2606:2800:220::1'],
    ['PyPI.Example.', 'to 93.184.216.34 2606:2800:220::1'],
    ['nat64.example', 'to 64:ff9b::5db8:d822'],
    ['93.184.216.34', 'to 93.184.216.34'],
    ['intranet.corp', 'AddressNotAllowed'],
    ['split.example', 'AddressNotAllowed'],
    ['rebind.example', 'AddressNotAllowed'],
    ['api.corp', 'AddressNotAllowed'],
    ['10.96.0.1', 'AddressNotAllowed'],
    ['127.0.0.1', 'AddressNotAllowed'],
    ['2130706433', 'AddressNotAllowed'],
    ['0177.0.0.1', 'AddressNotAllowed'],
    ['0x7f.1', 'AddressNotAllowed'],
    ['169.254.169.254', 'AddressNotAllowed'],
    ['100.100.100.200', 'AddressNotAllowed'],
    ['192.168.1.1', 'AddressNotAllowed'],
    ['[::1]', 'AddressNotAllowed'],
    ['[::ffff:127.0.0.1]', 'AddressNotAllowed'],
    ['[::ffff:a01:203]', 'AddressNotAllowed'],
    ['[64:ff9b::10.1.2.3]', 'AddressNotAllowed'],
    ['[2002:a01:203::1]', 'AddressNotAllowed'],
    ['[2001::a01:203]', 'AddressNotAllowed'],
    ['[fe80::1%25eth0]', 'AddressNotAllowed'],
    ['[fd12::1]', 'AddressNotAllowed'],
    ['absent.example', 'HostNotFound'],
  ])('public: %s goes %s', async (host, expected) => {
    expect(await goes(host, {})).toBe(expected);
  });

  it.each(['kubernetes.default.svc', 'c-hub.team.svc.corp.cluster', 'corp.cluster', 'kubernetes', 'SVC.'])(
    'public: does not even look up %s, a name of the cluster',
    async (host) => {
      expect({ goes: await goes(host, {}), asked }).toEqual({ goes: 'AddressNotAllowed', asked: [] });
    },
  );

  it('never completes a name with the search domains of the proxy', async () => {
    await goes('pypi.example', {});
    expect(asked).toEqual(['pypi.example.']);
  });

  it.each([
    ['intranet.corp', 'to 10.1.2.3'],
    ['split.example', 'to 93.184.216.34 10.0.0.7'],
    ['rebind.example', 'AddressNotAllowed'],
    ['api.corp', 'AddressNotAllowed'],
    ['[::ffff:169.254.169.254]', 'AddressNotAllowed'],
  ])('any: %s goes %s', async (host, expected) => {
    expect(await goes(host, { policy: 'any' })).toBe(expected);
  });

  it.each([['deny', { policy: 'deny' as const }] as const, ['no rules', undefined] as const])(
    '%s: looks up nothing and goes nowhere',
    async (_name, options) => {
      expect({ goes: await goes('pypi.example', options), asked }).toEqual({ goes: 'AddressNotAllowed', asked: [] });
    },
  );

  it('allows the listed ranges in addition, but no address of the installation in them', async () => {
    const allowCIDRs = ['10.0.0.0/8', '127.0.0.1/32'];
    expect(await goes('intranet.corp', { allowCIDRs })).toBe('to 10.1.2.3');
    expect(await goes('127.0.0.1', { allowCIDRs })).toBe('to 127.0.0.1');
    expect(await goes('api.corp', { allowCIDRs })).toBe('AddressNotAllowed');
    expect(await goes('127.0.0.2', { allowCIDRs })).toBe('AddressNotAllowed');
  });

  it('is not widened by the ranges that are allowed for Connectors', async () => {
    await expect(policy({}, ['127.0.0.1/32']).resolve('127.0.0.1', 443, 'other-host')).rejects.toMatchObject({ code: 'AddressNotAllowed' });
  });

  it('refuses every port that is not listed', async () => {
    expect(await goes('pypi.example', {}, 80)).toMatch(/^to /);
    expect(await goes('pypi.example', {}, 25)).toBe('AddressNotAllowed');
    expect(asked).toEqual(['pypi.example.']);
  });

  it.each([
    [
      'deny',
      'pypi.example',
      443,
      'OCI_CONNECTOR_PROXY_OTHER_HOSTS of the installation is deny; name the connector of the host in the volume, or',
    ],
    ['public', 'pypi.example', 25, 'port 25 is not in OCI_CONNECTOR_PROXY_OTHER_HOSTS_PORTS of the installation;'],
    ['public', 'intranet.corp', 443, 'is in a private range and belongs to no connector of the login;'],
  ] as const)('%s: the message for %s:%i names the setting, and what the user can do without it', async (policyName, host, port, text) => {
    const refused = policy({ policy: policyName }).resolve(host, port, 'other-host');
    await expect(refused).rejects.toThrow(text);
    await expect(refused).rejects.toThrow('add the host to no_proxy');
  });
});
