import { formatKey } from '@oci-connector/kube';
import { ServedNames } from './served-names';

const installation = {
  namespace: 'connectors-system',
  proxyService: 'proxy',
  clusterDomain: 'corp.example',
  externalHttpsUrl: 'https://registry.example:8443',
};
const connectors = { get: (key: { namespace: string; name: string }) => (formatKey(key) === 'team/hub' ? key : undefined) };

describe('ServedNames', () => {
  const names = new ServedNames(installation, connectors);

  it.each([
    ['c-hub.team', 'team'],
    ['c-hub.team.svc.corp.example', 'team'],
    ['proxy.connectors-system.svc', ''],
    ['registry.example', ''],
    ['c-other.team', undefined],
    ['c-hub.other', undefined],
    ['c-hub.team.svc.cluster.local', undefined],
    ['registry-1.docker.io', undefined],
    ['127.0.0.1', undefined],
  ])('%s belongs to %p', (hostname, owner) => {
    expect(names.ownerOf(hostname)).toBe(owner);
  });

  it("contains the proxy's own names if there is no external address", () => {
    expect(new ServedNames({ ...installation, externalHttpsUrl: '' }, connectors).own).toEqual([
      'proxy.connectors-system',
      'proxy.connectors-system.svc',
      'proxy.connectors-system.svc.corp.example',
    ]);
  });
});
