import { type ConnectorClassSpec } from '@oci-connector/connector-api';
import { aConnectorClass } from '@oci-connector/testing-kit';
import { type Installation } from '../installation';
import { connectorClassStatus } from './connector-class.status';

const installation: Installation = {
  namespace: 'connectors-system',
  proxyService: 'connectors-proxy-service',
  clusterDomain: 'cluster.local',
  audience: 'connectors-proxy',
  externalHttpUrl: '',
  externalHttpsUrl: '',
};
const now = Date.parse('2026-01-01T00:00:00Z');
const rego = { rego: 'package proxy' };
const types = [{ name: 'tokenAuth', generator: rego }];
const address = {
  httpAddress: { url: 'http://connectors-proxy-service.connectors-system.svc.cluster.local', audience: 'connectors-proxy' },
};

describe('the status of a class', () => {
  type Row = [string, Partial<ConnectorClassSpec>, Record<string, string>, object | undefined];
  const table: Row[] = [
    ['that is shipped', {}, { Ready: 'True', APIReady: 'True NonAPI', ProxyReady: 'True' }, address],
    ['without proxy', { proxy: undefined }, { Ready: 'True', APIReady: 'True NonAPI', ProxyReady: 'True NonProxy' }, undefined],
    ['with an API', { api: { uri: '/api' } }, { Ready: 'True', APIReady: 'False ApiNotSupported Info', ProxyReady: 'True' }, address],
    [
      'with another proxy',
      { proxy: { ref: { kind: 'Service', name: 'connectors-oci-plugin', namespace: 'connectors-system' } } },
      { Ready: 'False ProxyNotSupported', APIReady: 'True NonAPI', ProxyReady: 'False ProxyNotSupported' },
      undefined,
    ],
    ['with a generator', { auth: { types }, authProbes: [] }, { Ready: 'False RegoNotSupported' }, undefined],
    [
      'with an extractor',
      { proxy: { ...aConnectorClass().spec.proxy, authExtractor: rego } },
      { Ready: 'False RegoNotSupported' },
      undefined,
    ],
    [
      'with an api liveness probe',
      { protocol: 'http', livenessProbe: { api: { path: '/' } } },
      { Ready: 'False ApiNotSupported' },
      undefined,
    ],
    [
      'with an api auth probe',
      { authProbes: [{ authName: 'tokenAuth', probe: { api: {} } }] },
      { Ready: 'False ApiNotSupported' },
      undefined,
    ],
  ];
  it.each(table)('%s', (_name, spec, expected, proxy) => {
    const status = connectorClassStatus(aConnectorClass('oci', { spec }), installation, now);
    const conditions = (status.conditions ?? []).map(({ type, status: is, reason, severity }) => [
      type,
      [is, reason, severity].filter(Boolean).join(' '),
    ]);
    expect(Object.fromEntries(conditions)).toMatchObject(expected);
    expect(status.proxy).toEqual(proxy);
    expect(status.observedGeneration).toBe(1);
  });

  it('names the required proxy in the message', () => {
    const proxy = { uri: 'http://elsewhere.example' };
    const status = connectorClassStatus(aConnectorClass('oci', { spec: { proxy } }), installation, now);
    expect(status.conditions?.[0]?.message).toContain('name: connectors-proxy-service, namespace: connectors-system');
  });
});
