import { EgressPolicy, type EgressPolicyOptions, type EgressPurpose } from './egress-policy';
import { type LookupAll } from './names/lookup-all';

const NAMES: Record<string, string[]> = {
  'registry.corp': ['10.1.2.3'],
  'hub.example': ['93.184.216.34', '2606:2800:220::1'],
  'cdn.example': ['203.0.114.9'],
  localhost: ['127.0.0.1', '::1'],
  'rebind.example': ['93.184.216.34', '127.0.0.1'],
  'mapped.example': ['::ffff:169.254.169.254'],
  'nat64.example': ['64:ff9b::5db8:d822'],
  'split.example': ['93.184.216.34', '10.0.0.7'],
  'zone.example': ['fe80::1%eth0'],
  'empty.example': [],
  'kubernetes.default.svc': ['10.96.0.1'],
  'proxy.connectors-system.svc': ['10.96.7.7'],
  'alias.corp': ['10.96.0.1'],
};

const lookup: LookupAll = (hostname) => {
  const addresses = NAMES[hostname.replace(/\.$/, '')];
  if (!addresses) {
    return Promise.reject(Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), { code: 'ENOTFOUND' }));
  }
  return Promise.resolve(addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })));
};

const newPolicy = (options: Partial<EgressPolicyOptions> = {}): EgressPolicy =>
  new EgressPolicy({
    allowCIDRs: [],
    redirectCIDRs: [],
    refusedHosts: ['kubernetes.default.svc', 'Proxy.connectors-system.svc.', '10.96.0.10', 'unknown.svc'],
    lookup,
    ...options,
  });

const PURPOSES: EgressPurpose[] = ['connector', 'realm', 'redirect-own-host', 'redirect'];

describe('C9 SSRF', () => {
  it.each([
    'localhost',
    '127.0.0.1',
    '2130706433',
    '0x7f.0.0.1',
    '0177.1',
    '0.0.0.0',
    '[::1]',
    '::',
    '169.254.169.254',
    'fd00:ec2::254',
    '[::ffff:127.0.0.1]',
    '::ffff:a9fe:a9fe',
    '2002:7f00:1::',
    '64:ff9b::127.0.0.1',
    'rebind.example',
    'mapped.example',
    'zone.example',
    'not a host',
    'user@hub.example',
    'hub.example:443',
  ])('refuses %s for every purpose', async (host) => {
    for (const purpose of PURPOSES) {
      await expect(newPolicy().resolve(host, 443, purpose)).rejects.toMatchObject({
        name: 'EgressError',
        code: 'AddressNotAllowed',
        retryable: false,
      });
    }
  });

  it.each([
    'kubernetes.default.svc',
    'KUBERNETES.default.SVC.',
    '10.96.0.1',
    '::ffff:10.96.0.1',
    'alias.corp',
    'proxy.connectors-system.svc',
    '10.96.7.7',
    '10.96.0.10',
  ])('refuses %s, which belongs to the API server or to the installation, by name and by address', async (host) => {
    for (const purpose of PURPOSES) {
      await expect(newPolicy().resolve(host, 443, purpose)).rejects.toThrow('is part of this installation or of the Kubernetes API');
    }
  });

  it.each<[EgressPurpose, string, boolean]>([
    ['connector', 'registry.corp', true],
    ['realm', 'registry.corp', true],
    ['redirect-own-host', 'registry.corp', true],
    ['redirect', 'registry.corp', false],
    ['redirect', '192.168.0.1', false],
    ['redirect', 'fd12::1', false],
    ['redirect', 'split.example', false],
    ['connector', 'split.example', true],
    ['redirect', 'cdn.example', true],
    ['redirect', 'nat64.example', true],
    ['connector', 'hub.example', true],
  ])('%s to %s: %s', async (purpose, host, allowed) => {
    const resolving = newPolicy().resolve(host, 443, purpose);
    if (allowed) {
      expect((await resolving).length).toBeGreaterThan(0);
    } else {
      await expect(resolving).rejects.toThrow('OCI_CONNECTOR_EGRESS_REDIRECT_CIDRS');
    }
  });

  it('allows redirects to the listed private ranges, and to no other private range', async () => {
    const policy = newPolicy({ redirectCIDRs: ['10.1.0.0/16', '127.0.0.0/8'] });
    expect(await policy.resolve('registry.corp', 443, 'redirect')).toEqual([{ address: '10.1.2.3', family: 4 }]);
    await expect(policy.resolve('10.2.0.1', 443, 'redirect')).rejects.toMatchObject({ code: 'AddressNotAllowed' });
    await expect(policy.resolve('127.0.0.1', 443, 'redirect')).rejects.toMatchObject({ code: 'AddressNotAllowed' });
    await expect(policy.resolve('127.0.0.1', 443, 'connector')).rejects.toMatchObject({ code: 'AddressNotAllowed' });
  });

  it('allows everything in the ranges that the installation allows, and nothing outside them', async () => {
    const policy = newPolicy({ allowCIDRs: ['127.0.0.1/32', '::1/128', '10.96.7.7'] });
    for (const purpose of PURPOSES) {
      expect(await policy.resolve('localhost', 443, purpose)).toEqual([
        { address: '127.0.0.1', family: 4 },
        { address: '::1', family: 6 },
      ]);
      expect(await policy.resolve('::ffff:127.0.0.1', 443, purpose)).toHaveLength(1);
      expect(await policy.resolve('proxy.connectors-system.svc', 443, purpose)).toHaveLength(1);
      await expect(policy.resolve('127.0.0.2', 443, purpose)).rejects.toMatchObject({ code: 'AddressNotAllowed' });
      await expect(policy.resolve('kubernetes.default.svc', 443, purpose)).rejects.toMatchObject({ code: 'AddressNotAllowed' });
    }
  });
});

describe('EgressPolicy.resolve', () => {
  it('returns all addresses in the resolver’s order', async () => {
    expect(await newPolicy().resolve('HUB.example.', 443, 'connector')).toEqual([
      { address: '93.184.216.34', family: 4 },
      { address: '2606:2800:220::1', family: 6 },
    ]);
  });

  it('does not call the resolver for an address', async () => {
    const asked: string[] = [];
    const policy = newPolicy({ refusedHosts: [], lookup: (hostname, caller) => (asked.push(hostname), lookup(hostname, caller)) });
    expect(await policy.resolve('[2606:2800:220::1]', 443, 'connector')).toEqual([{ address: '2606:2800:220::1', family: 6 }]);
    expect(asked).toEqual([]);
  });

  it.each(['unknown.example', 'empty.example'])('reports that %s has no address', async (host) => {
    await expect(newPolicy().resolve(host, 443, 'connector')).rejects.toMatchObject({ code: 'HostNotFound', retryable: true });
  });

  it('says that the name is that of Docker Hub, because the address of a Connector may have another name of it', async () => {
    await expect(newPolicy().resolve('registry-1.docker.io', 443, 'connector')).rejects.toMatchObject({
      message: expect.stringContaining('The host name registry-1.docker.io (the registry of Docker Hub) has no address.') as string,
      reason: expect.stringContaining('its host name (the registry of Docker Hub) has no address.') as string,
    });
  });

  it('names host, port and address, and what to do', async () => {
    await expect(newPolicy().resolve('localhost', 5000, 'connector')).rejects.toThrow(
      'No connection to localhost:5000 (127.0.0.1): the host is a loopback, link-local, metadata or reserved address; list the range in OCI_CONNECTOR_EGRESS_ALLOW_CIDRS of the installation if this is intended.',
    );
  });

  it.each([
    ['allowCIDRs', { allowCIDRs: ['10.0.0.0/99'] }, '"10.0.0.0/99"'],
    ['redirectCIDRs', { redirectCIDRs: ['x'] }, '"x"'],
    ['refusedHosts', { refusedHosts: ['a b'] }, '"a b"'],
  ])('refuses invalid %s at the start and names the entry', (_name, options, text) => {
    expect(() => newPolicy(options)).toThrow(text);
  });

  it('resolves the refused names once for many connections', async () => {
    let asked = 0;
    const policy = newPolicy({
      refusedHosts: ['kubernetes.default.svc'],
      lookup: (hostname, caller) => (asked++, lookup(hostname, caller)),
    });
    await Promise.all(Array.from({ length: 20 }, () => policy.resolve('10.1.1.1', 443, 'connector')));
    expect(asked).toBe(1);
  });

  it("refuses an endpoint on its port, or on all ports when it names none; other ports of a node may be a registry's", async () => {
    const policy = newPolicy({ refusedEndpoints: () => [{ address: '10.1.1.1', port: 6443 }, { address: '10.1.1.2' }] });
    const goes = (address: string, port: number) =>
      policy.resolve(address, port, 'connector').then(
        () => true,
        () => false,
      );
    expect(await Promise.all([goes('10.1.1.1', 6443), goes('10.1.1.1', 0), goes('::ffff:10.1.1.1', 6443), goes('10.1.1.2', 443)])).toEqual([
      false,
      false,
      false,
      false,
    ]);
    expect(await goes('10.1.1.1', 5000)).toBe(true);
  });

  it('does not wait forever for a refused name when no name server responds', async () => {
    const policy = newPolicy({ refusedHosts: ['silent.svc'], lookup: () => new Promise(() => undefined) });
    expect(await policy.resolve('10.1.1.1', 443, 'connector')).toHaveLength(1);
  });
});
