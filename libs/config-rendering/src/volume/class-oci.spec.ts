import { aServedConnector, aVolume, mounted, TOKEN } from '../../test/volume-fixture';
import { renderVolume } from './render-volume';
import { type VolumeRequest } from './volume-request';

const AUTH = Buffer.from(`connectors:${TOKEN}`).toString('base64');

/** Renders a volume of the class in deploy/chart/files/class-oci.yaml, and returns one file of it. */
function fileOf(file: string, options: Partial<VolumeRequest>): string | undefined {
  return renderVolume(aVolume(options)).get(file)?.toString();
}

const hub = mounted(aServedConnector('hub'));
const quay = mounted(aServedConnector('quay', { namespace: 'platform' }));
/** As in the sandbox: all Connectors share one host, and the listeners have their own ports. */
const outside = (name: string) => mounted(aServedConnector(name, { base: 'http://localhost:8080' }));

describe.each(['registry-config', 'docker-config'])('configuration %s', (name) => {
  it('has a login for every name of the Service, without path', () => {
    expect(fileOf('config.json', { configurationNames: [name] })).toBe(`{
  "auths": {
    "c-hub.default": { "auth": "${AUTH}" },
    "c-hub.default.svc": { "auth": "${AUTH}" },
    "c-hub.default.svc.cluster.local": { "auth": "${AUTH}" }
  }
}
`);
  });

  it('has logins for every mounted Connector', () => {
    const config = JSON.parse(fileOf('config.json', { configurationNames: [name], connectors: [hub, quay] }) ?? '') as { auths: object };
    expect(Object.keys(config.auths)).toEqual([
      'c-hub.default',
      'c-hub.default.svc',
      'c-hub.default.svc.cluster.local',
      'c-quay.platform',
      'c-quay.platform.svc',
      'c-quay.platform.svc.cluster.local',
    ]);
  });

  it('has the port unless it is the default one, and a shared host once', () => {
    const environment = { ...aVolume().environment, proxyHttpPort: 8080, proxyHttpsPort: 443 };
    const options = { configurationNames: [name], connectors: [outside('hub'), outside('quay')], environment };
    const config = JSON.parse(fileOf('config.json', options) ?? '') as { auths: Record<string, { auth: string }> };
    expect(Object.keys(config.auths)).toEqual([
      'c-hub.default:8080',
      'c-hub.default.svc:8080',
      'c-hub.default.svc.cluster.local:8080',
      'localhost:8080',
      'c-quay.default:8080',
      'c-quay.default.svc:8080',
      'c-quay.default.svc.cluster.local:8080',
      'c-hub.default',
      'c-hub.default.svc',
      'c-hub.default.svc.cluster.local',
      'localhost:8443',
      'c-quay.default',
      'c-quay.default.svc',
      'c-quay.default.svc.cluster.local',
    ]);
    expect(new Set(Object.values(config.auths).map(({ auth }) => auth))).toEqual(new Set([AUTH]));
  });

  it('has a user name, without which docker refuses the whole file', () => {
    const [user, password] = Buffer.from(AUTH, 'base64').toString().split(/:(.*)/s);
    expect(user).not.toBe('');
    expect(password).toBe(TOKEN);
  });
});

describe('configuration buildkitd', () => {
  const configurationNames = ['buildkitd'];

  it('has the shape of the requirement by default', () => {
    expect(fileOf('buildkitd.toml', { configurationNames })).toBe(`insecure-entitlements = [ "network.host", "security.insecure" ]
[registry."c-hub.default"]
  http = true
[registry."c-hub.default.svc"]
  http = true
[registry."c-hub.default.svc.cluster.local"]
  http = true
`);
  });

  it('has https, the CA and no entitlements with tls', () => {
    expect(fileOf('buildkitd.toml', { configurationNames, configurationParams: { buildkitd: { tls: 'true' } } }))
      .toBe(`[registry."c-hub.default"]
  ca = ["/etc/buildkit/ca.crt"]
[registry."c-hub.default.svc"]
  ca = ["/etc/buildkit/ca.crt"]
[registry."c-hub.default.svc.cluster.local"]
  ca = ["/etc/buildkit/ca.crt"]
`);
  });

  it('names the CA file in the directory of the parameter dir', () => {
    const configurationParams = { buildkitd: { tls: 'true', dir: '/home/user/.config/buildkit/' } };
    expect(fileOf('buildkitd.toml', { configurationNames, configurationParams })).toContain('ca = ["/home/user/.config/buildkit/ca.crt"]');
  });

  it.each([
    ['false', 'localhost:8080'],
    ['true', 'localhost:8443'],
  ])('with tls %s has the section of %s once', (tls, host) => {
    const text = fileOf('buildkitd.toml', {
      configurationNames,
      connectors: [outside('hub'), outside('quay')],
      configurationParams: { buildkitd: { tls } },
    });
    expect(text?.match(/"localhost:\d+"/g)).toEqual([`"${host}"`]);
  });
});

describe('configuration registries', () => {
  const configurationNames = ['registries'];

  it('marks every name as insecure by default', () => {
    expect(fileOf('registries.conf', { configurationNames })).toBe(`[[registry]]
location = "c-hub.default"
insecure = true
[[registry]]
location = "c-hub.default.svc"
insecure = true
[[registry]]
location = "c-hub.default.svc.cluster.local"
insecure = true
`);
  });

  it('marks none with tls', () => {
    expect(fileOf('registries.conf', { configurationNames, configurationParams: { registries: { tls: 'true' } } })).toBe(`[[registry]]
location = "c-hub.default"
[[registry]]
location = "c-hub.default.svc"
[[registry]]
location = "c-hub.default.svc.cluster.local"
`);
  });
});

describe('class oci', () => {
  it('has every configuration in one volume', () => {
    const files = renderVolume(aVolume({ configurationNames: ['registry-config', 'docker-config', 'buildkitd', 'registries'] }));
    expect([...files.keys()].filter((name) => /config|toml|conf$/.test(name))).toEqual([
      'config.json',
      'buildkitd.toml',
      'registries.conf',
    ]);
  });

  it('refuses a tls that is neither true nor false', () => {
    expect(() => renderVolume(aVolume({ configurationNames: ['buildkitd'], configurationParams: { buildkitd: { tls: 'yes' } } }))).toThrow(
      'configuration.params: parameter "tls" of configuration "buildkitd" (class "oci") must be one of true, false',
    );
  });
});
