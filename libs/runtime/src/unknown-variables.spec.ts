import { Min } from 'class-validator';
import { Setting, loadSettings } from './settings';
import { unknownVariables } from './unknown-variables';

const SETTINGS = ['OCI_CONNECTOR_LOG_LEVEL', 'OCI_CONNECTOR_PROXY_SERVICE', 'OCI_CONNECTOR_PROXY_HTTP_PORT'];

describe('variables that are not settings', () => {
  const problems = (environment: Record<string, string>, program = 'connectors-proxy') =>
    unknownVariables(environment, SETTINGS, { program, shared: ['OCI_CONNECTOR_CA_BUNDLE'] });

  it.each([
    ['OCI_CONNECTOR_LOG_LEVL', 'OCI_CONNECTOR_LOG_LEVL: there is no such setting; did you mean OCI_CONNECTOR_LOG_LEVEL?'],
    ['OCI_CONNECTOR_LOGLEVEL', 'OCI_CONNECTOR_LOGLEVEL: there is no such setting; did you mean OCI_CONNECTOR_LOG_LEVEL?'],
    [
      'OCI_CONNECTOR_PROXY_HTTPS_PORT',
      'OCI_CONNECTOR_PROXY_HTTPS_PORT: there is no such setting; did you mean OCI_CONNECTOR_PROXY_HTTP_PORT?',
    ],
    ['OCI_CONNECTOR_PROXY_COLOUR', 'OCI_CONNECTOR_PROXY_COLOUR: there is no such setting'],
    // Looks like a variable that Kubernetes sets for a Service, but there is no Service of that name.
    ['OCI_CONNECTOR_PROXY_PORT', 'OCI_CONNECTOR_PROXY_PORT: there is no such setting'],
  ])('%s', (name, expected) => {
    expect(problems({ OCI_CONNECTOR_LOG_LEVEL: 'info', PATH: '/bin', [name]: 'x' })).toEqual([expected]);
  });

  it('are ignored when they are for another program, or empty', () => {
    expect(problems({ OCI_CONNECTOR_CONTROLLER_COLOUR: 'x', OCI_CONNECTOR_CSI_SOCKET: 'x', OCI_CONNECTOR_LOG_LEVL: '' })).toEqual([]);
    expect(problems({ OCI_CONNECTOR_PROXY_COLOUR: 'x' }, 'connectors-controller')).toEqual([]);
  });

  it('are ignored when one ConfigMap sets them for all programs, and this program does not use them', () => {
    expect(problems({ OCI_CONNECTOR_CA_BUNDLE: '/etc/ca.pem' }, 'connectors-csi')).toEqual([]);
    expect(problems({ OCI_CONNECTOR_CA_BUNDEL: '/etc/ca.pem' }, 'connectors-csi')).toHaveLength(1);
  });

  it('are ignored when Kubernetes set them for a Service', () => {
    const links = {
      OCI_CONNECTOR_PROXY_SERVICE_HOST: '10.0.0.1',
      OCI_CONNECTOR_PROXY_SERVICE_PORT: '80',
      OCI_CONNECTOR_PROXY_SERVICE_PORT_HTTPS: '443',
      OCI_CONNECTOR_PROXY_PORT: 'tcp://10.0.0.1:80',
      OCI_CONNECTOR_PROXY_PORT_80_TCP: 'tcp://10.0.0.1:80',
      OCI_CONNECTOR_PROXY_PORT_80_TCP_PROTO: 'tcp',
      OCI_CONNECTOR_PROXY_PORT_80_TCP_ADDR: '10.0.0.1',
    };
    expect(problems(links)).toEqual([]);
    expect(problems({ ...links, OCI_CONNECTOR_PROXY_PORTS: 'x' })).toHaveLength(1);
  });

  it('are reported together with all other problems', () => {
    class Settings {
      @Setting({ name: 'OCI_CONNECTOR_PROXY_HTTP_PORT', kind: 'integer', description: 'port' })
      @Min(0)
      port = 0;
    }
    const environment = { OCI_CONNECTOR_PROXY_HTTP_PORT: 'eighty', OCI_CONNECTOR_PROXY_HTP_PORT: '80' };
    expect(() => loadSettings(Settings, environment, { program: 'connectors-proxy', shared: [] })).toThrow(
      /"eighty" is not a whole number\n.*OCI_CONNECTOR_PROXY_HTP_PORT: there is no such setting; did you mean OCI_CONNECTOR_PROXY_HTTP_PORT\?/,
    );
  });
});
