import { type ConnectorKey } from '@oci-connector/connector-api';
import { OwnAuthorities } from './own-authorities';

const SETTINGS = {
  namespace: 'connectors-system',
  proxyService: 'proxy',
  clusterDomain: 'corp.example',
  externalHttpUrl: 'http://registry.example:8080',
  externalHttpsUrl: 'https://registry.example',
};

const CONNECTORS = { get: ({ namespace, name }: ConnectorKey) => (namespace === 'team' && name === 'hub' ? {} : undefined) };

describe('OwnAuthorities', () => {
  const own = new OwnAuthorities(SETTINGS, CONNECTORS);

  it.each([
    ['proxy.connectors-system.svc', 80, 'http'],
    ['proxy.connectors-system.svc', 443, 'https'],
    ['proxy.connectors-system.svc.corp.example', 443, 'https'],
    ['proxy.connectors-system.svc', 22, undefined],
    ['proxy.connectors-system.svc.cluster.local', 443, undefined],
    // Whether the Connector exists is not told.
    ['c-absent.team.svc', 443, 'https'],
    ['c-absent.team.svc.corp.example', 80, 'http'],
    ['c-hub.team', 80, 'http'],
    ['c-hub.team', 443, 'https'],
    ['c-hub.team', 8443, undefined],
    // A host of the internet, unless it is the Service of a Connector.
    ['c-span.org', 443, undefined],
    ['c-span.org', 80, undefined],
    ['c-absent.team', 443, undefined],
    ['c-hub.org', 443, undefined],
    ['c-hub.team.svc', 443, 'https'],
    ['c-hub.team.svc.corp.example', 443, 'https'],
    ['c-hub.team.svc', 8443, undefined],
    ['c-hub.team.example', 443, undefined],
    ['hub.team.svc', 443, undefined],
    ['registry.example', 8080, 'http'],
    ['registry.example', 443, 'https'],
    ['registry.example', 80, undefined],
    ['sub.registry.example', 443, undefined],
    ['127.0.0.1', 443, undefined],
  ] as const)('%s port %i is %p', (host, port, scheme) => {
    expect(own.schemeOf({ host, port })).toBe(scheme);
  });

  it('has no external host without the settings', () => {
    const without = new OwnAuthorities({ ...SETTINGS, externalHttpUrl: '', externalHttpsUrl: '' }, CONNECTORS);
    expect(without.schemeOf({ host: 'registry.example', port: 443 })).toBeUndefined();
    expect(without.schemeOf({ host: 'proxy.connectors-system.svc', port: 443 })).toBe('https');
  });
});
