import { connectorUrls, type Installation } from './installation';

const installation: Installation = {
  namespace: 'connectors-system',
  proxyService: 'connectors-proxy-service',
  clusterDomain: 'cluster.local',
  audience: 'connectors-proxy',
  externalHttpUrl: '',
  externalHttpsUrl: '',
};

describe('the URLs of a Connector', () => {
  const key = { namespace: 'team', name: 'harbor' };
  const host = 'c-harbor.team.svc.cluster.local';
  const path = '/namespaces/team/connectors/harbor';
  const outside = { ...installation, externalHttpUrl: 'http://localhost:8080/', externalHttpsUrl: 'https://localhost:8443' };
  const table: [string, 'host' | 'path', Installation, object][] = [
    ['by path', 'path', installation, { http: `http://${host}${path}`, https: `https://${host}${path}` }],
    ['by host', 'host', installation, { http: `http://${host}`, https: `https://${host}` }],
    ['from outside by path', 'path', outside, { http: `http://localhost:8080${path}`, https: `https://localhost:8443${path}` }],
    ['from outside always by path', 'host', outside, { http: `http://localhost:8080${path}`, https: `https://localhost:8443${path}` }],
    [
      'in another cluster domain',
      'host',
      { ...installation, clusterDomain: 'k8s.example' },
      { http: 'http://c-harbor.team.svc.k8s.example', https: 'https://c-harbor.team.svc.k8s.example' },
    ],
  ];
  it.each(table)('%s', (_name, resolver, where, expected) => {
    expect(connectorUrls(key, resolver, where)).toEqual(expected);
  });
});
