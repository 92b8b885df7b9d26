import { type AddressExtension } from '@oci-connector/connector-api';
import { aConnector } from '@oci-connector/testing-kit';
import { ConnectorAddresses } from './connector-addresses';

describe('ConnectorAddresses', () => {
  const addresses = new ConnectorAddresses();

  const at = (address: string, to: string, extensions: readonly string[] = []): string[] => {
    const url = new URL(`https://${to}`);
    const addressExtensions = extensions.map((value, index) => ({ name: `e${index}`, value })) as AddressExtension[];
    const authority = { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port) || 443 };
    return addresses
      .at(aConnector({ address, spec: { addressExtensions } }), authority)
      .map(({ origin, pathPrefix }) => `${origin}/${pathPrefix}`);
  };

  it.each([
    ['https://registry.example', 'registry.example', ['https://registry.example/']],
    ['https://registry.example/team', 'registry.example', ['https://registry.example/team']],
    ['https://registry.example', 'registry.example:8443', []],
    ['https://registry.example', 'sub.registry.example', []],
    ['https://[2001:db8::1]:5000', '[2001:db8::1]:5000', ['https://[2001:db8::1]:5000/']],
    ['http://registry.example:443', 'registry.example', ['http://registry.example:443/']],
    ['https://docker.io', 'docker.io', ['https://registry-1.docker.io/']],
    ['https://docker.io', 'index.docker.io', ['https://registry-1.docker.io/']],
    ['https://registry-1.docker.io', 'docker.io', ['https://registry-1.docker.io/']],
    ['https://docker.io', 'auth.docker.io', []],
    ['https://docker.io', 'docker.io:444', []],
    ['https://registry.example', 'docker.io', []],
  ])('%s at %s: %j', (address, to, expected) => {
    expect(at(address, to)).toEqual(expected);
  });

  it('contains the extensions, in their order', () => {
    const extensions = ['https://other.example/a', 'https://registry.example/b'];
    expect(at('https://registry.example', 'registry.example', extensions)).toEqual([
      'https://registry.example/',
      'https://registry.example/b',
    ]);
    expect(at('https://registry.example', 'other.example', extensions)).toEqual(['https://other.example/a']);
  });

  it('clients of the forward proxy add library/ for Docker Hub themselves; those of the reverse proxy need not', () => {
    const connector = aConnector({ address: 'https://docker.io' });
    expect(addresses.at(connector, { host: 'docker.io', port: 443 }).map(({ isDockerHub }) => isDockerHub)).toEqual([false]);
    expect(addresses.own(connector).isDockerHub).toBe(true);
  });

  it('knows its own addresses again, until the Connector changes', () => {
    const connector = aConnector({ address: 'https://registry.example' });
    const [address] = addresses.at(connector, { host: 'registry.example', port: 443 });
    const changed = aConnector({ address: 'https://registry.example/team' });
    expect(address && [addresses.has(connector, address), addresses.has(changed, address)]).toEqual([true, false]);
    expect(addresses.own(connector)).toBe(addresses.own(connector));
  });

  it('names the field of an invalid address', () => {
    const connector = aConnector({ spec: { addressExtensions: [{ name: 'x', value: 'ftp://x' }] as AddressExtension[] } });
    expect(() => addresses.at(connector, { host: 'x', port: 443 })).toThrow('spec.addressExtensions[0].value');
    expect(() => addresses.own(aConnector({ address: 'nonsense' }))).toThrow(
      expect.objectContaining({ code: 'ConnectorInvalid' }) as Error,
    );
  });
});
