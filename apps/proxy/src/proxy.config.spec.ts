import { describeSettings, readProgramSettings } from '@oci-connector/runtime';
import { itKeepsTheRulesOfSettings } from '@oci-connector/testing-kit';
import { ProxySettings } from './proxy.config';

const load = (environment: Record<string, string>): ReturnType<typeof readProgramSettings> =>
  readProgramSettings({ name: 'connectors-proxy', settings: ProxySettings, environment });

describe('the settings of the proxy', () => {
  itKeepsTheRulesOfSettings({ settings: describeSettings(ProxySettings), load });

  it('rejects equal ports, unless both are 0', () => {
    expect(() => load({ OCI_CONNECTOR_PROXY_HTTP_PORT: '8443' })).toThrow(
      'OCI_CONNECTOR_PROXY_HTTPS_PORT: must differ from OCI_CONNECTOR_PROXY_HTTP_PORT',
    );
    expect(load({ OCI_CONNECTOR_PROXY_HTTP_PORT: '0', OCI_CONNECTOR_PROXY_HTTPS_PORT: '0' }).ignored).toEqual([]);
  });
});
