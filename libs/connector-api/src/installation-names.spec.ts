import { type ProxyDestination } from './destination';
import { apiServerHosts, type InstallationNames, isOurProxy, refusedHosts } from './installation-names';

const installation: InstallationNames = {
  namespace: 'connectors-system',
  proxyService: 'connectors-proxy-service',
  clusterDomain: 'cluster.local',
};
const ref = { kind: 'Service', name: 'connectors-proxy-service', namespace: 'connectors-system' };

describe('the proxy of a class', () => {
  const table: [string, ProxyDestination, boolean][] = [
    ['our Service', { ref }, true],
    ['our Service with its API version', { ref: { ...ref, apiVersion: 'v1' } }, true],
    ['our Service without a namespace', { ref: { kind: 'Service', name: ref.name } }, true],
    ['our Service with an empty path', { ref, uri: '/' }, true],
    ['our Service with a path', { ref, uri: '/api' }, false],
    ['another Service', { ref: { ...ref, name: 'connectors-oci-plugin' } }, false],
    ['a Service of that name elsewhere', { ref: { ...ref, namespace: 'default' } }, false],
    ['a Knative Service of that name', { ref: { ...ref, apiVersion: 'serving.knative.dev/v1' } }, false],
    ['another kind', { ref: { ...ref, kind: 'Pod' } }, false],
    ['our full name', { uri: 'http://connectors-proxy-service.connectors-system.svc.cluster.local' }, true],
    ['our short name', { uri: 'http://connectors-proxy-service.connectors-system/' }, true],
    ['our name over https', { uri: 'https://connectors-proxy-service.connectors-system.svc' }, true],
    ['our name with a path', { uri: 'http://connectors-proxy-service.connectors-system.svc/x' }, false],
    ['our name with a user', { uri: 'http://u@connectors-proxy-service.connectors-system.svc' }, false],
    ['our name as part of another', { uri: 'http://connectors-proxy-service.connectors-system.svc.example.com' }, false],
    ['no URL', { uri: 'connectors-proxy-service' }, false],
    ['nothing', {}, false],
  ];
  it.each(table)('%s', (_name, destination, expected) => {
    expect(isOurProxy(destination, installation)).toBe(expected);
  });
});

it('C9: the API server and our own Services are refused by every name', () => {
  const hosts = refusedHosts(installation, 'https://[fd00::1]:6443');
  expect(hosts).toEqual(expect.arrayContaining(['fd00::1', 'kubernetes.default.svc', 'connectors-proxy-service.connectors-system']));
});

it.each([
  ['https://[fd00::1]:6443', 'fd00::1'],
  ['https://10.96.0.1', '10.96.0.1'],
  ['https://api.example.com:6443', 'api.example.com'],
])('the API server at %s has the host %s, and its names in the cluster', (url, host) => {
  const names = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'kubernetes.default.svc.corp.example'];
  expect(apiServerHosts({ clusterDomain: 'corp.example' }, url)).toEqual([host, ...names]);
});
