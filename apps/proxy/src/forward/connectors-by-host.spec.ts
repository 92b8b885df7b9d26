import { type Connector, type ConnectorClass, type ConnectorKey } from '@oci-connector/connector-api';
import { aConnector, aConnectorClass } from '@oci-connector/testing-kit';
import { ConnectorAddresses } from '../pipeline/connector-addresses';
import { pathInside } from '../protocols/path-inside';
import { ConnectorsByHost } from './connectors-by-host';

const AUTHORITY = { host: 'registry.example', port: 443 };
const key = (name: string): ConnectorKey => ({ namespace: 'team', name });

describe('ConnectorsByHost', () => {
  let connectors: Connector[];
  let classes: ConnectorClass[];
  let hasSynced: boolean;

  beforeEach(() => {
    connectors = [];
    classes = [aConnectorClass('oci')];
    hasSynced = true;
  });

  const add = (name: string, address: string, options: Parameters<typeof aConnector>[0] = {}): void =>
    void connectors.push(aConnector({ name, namespace: 'team', address, ...options }));

  const connectorsByHost = new ConnectorsByHost({
    connectors: {
      get hasSynced() {
        return hasSynced;
      },
      get: ({ name }) => connectors.find(({ metadata }) => metadata.name === name),
    },
    classes: { hasSynced: true, get: ({ name }) => classes.find(({ metadata }) => metadata.name === name) },
    addresses: new ConnectorAddresses(),
    protocols: {
      get: () => ({ inside: (path) => ({ path: `protocol ${path}`, paths: { root: '', registryRoot: '/v2/', repositoryPrefix: '' } }) }),
    },
  });

  const found = (...names: string[]): string[] => connectorsByHost.at(names.map(key), AUTHORITY).map(({ connector }) => connector.name);

  it('returns the Connectors at the host and port, in the order of the login', () => {
    add('one', 'https://registry.example');
    add('two', 'https://registry.example/team');
    add('elsewhere', 'https://other.example');
    expect(found('two', 'elsewhere', 'one')).toEqual(['two', 'one']);
    expect(found('elsewhere')).toEqual([]);
    expect(found('absent', 'one')).toEqual(['one']);
  });

  it('refuses a login whose Connectors all do not exist', () => {
    expect(() => found('absent', 'other')).toThrow('there is no connector "absent" in namespace "team", "other" in namespace "team"');
  });

  it('does not answer before the Connectors have been read', () => {
    hasSynced = false;
    expect(() => found('one')).toThrow(expect.objectContaining({ code: 'ReviewUnavailable', retryAfterSeconds: 1 }) as Error);
  });

  it('an invalid address affects no other Connector, but is reported when no other is at the host', () => {
    add('broken', 'ftp://registry.example');
    add('one', 'https://registry.example');
    add('elsewhere', 'https://other.example');
    expect(found('broken', 'one')).toEqual(['one']);
    expect(() => found('elsewhere', 'broken')).toThrow(expect.objectContaining({ code: 'ConnectorInvalid' }) as Error);
  });

  it('asks the protocol of the class which paths are inside; without a class, all below the address are', () => {
    add('one', 'https://registry.example/team');
    add('classless', 'https://registry.example/team', { className: 'absent' });
    const [one, classless] = connectorsByHost.at([key('one'), key('classless')], AUTHORITY);
    expect(one?.inside('/team/a')?.path).toBe('protocol /team/a');
    expect(classless?.inside('/team/a')).toEqual(classless && pathInside('/team/a', classless.address));
  });
});
