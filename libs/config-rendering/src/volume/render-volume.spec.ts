import { inspect } from 'node:util';
import { type ClassConfiguration, type ParamSpec } from '@oci-connector/connector-api';
import { aConnector } from '@oci-connector/testing-kit';
import { aClassWith, aServedConnector, aVolume, CA, mounted, OLD_CA, PUBLIC_ROOT, TOKEN } from '../../test/volume-fixture';
import { renderVolume } from './render-volume';
import { RenderingError } from './rendering.errors';
import { trustStore } from './trust-store';
import { type VolumeRequest } from './volume-request';
import { VOLUME_BYTES_MAX } from './volume-size';

function errorOf(options: Partial<VolumeRequest>): RenderingError {
  try {
    renderVolume(aVolume(options));
  } catch (error) {
    if (error instanceof RenderingError) {
      return error;
    }
    throw error;
  }
  throw new Error('the volume was rendered');
}

/** Options of a volume of one Connector, whose class has one configuration with the name `settings`. */
function withTemplate(
  data: Record<string, string>,
  options: Partial<VolumeRequest> & { params?: ParamSpec[] } = {},
): Partial<VolumeRequest> {
  const { params, ...rest } = options;
  const connectorClass = aClassWith('tool', [{ name: 'settings', data, params }]);
  return { connectors: [mounted(aServedConnector('hub'), connectorClass)], configurationNames: ['settings'], ...rest };
}

describe('built-in files', () => {
  it('are the only files of a volume without configurations', () => {
    expect([...renderVolume(aVolume()).keys()]).toEqual([
      '.env',
      'env.sh',
      'http.proxy',
      'https.proxy',
      'context.token',
      'context.proxy.caCert',
      'ca.crt',
      'ca-bundle.crt',
      'connector.status.proxyAddress',
    ]);
  });

  it('have the documented content', () => {
    const files = renderVolume(aVolume());
    const url = `http://default%2Fhub:${TOKEN}@c-hub.default.svc.cluster.local:80`;
    expect(files.get('http.proxy')).toBe(url);
    expect(files.get('https.proxy')).toBe(url);
    expect(files.get('.env')).toBe(
      `http_proxy=${url}\nhttps_proxy=${url}\nno_proxy=localhost,127.0.0.1,::1,10.96.0.1,kubernetes.default.svc,c-hub.default,c-hub.default.svc,c-hub.default.svc.cluster.local,.svc,.cluster.local\n`,
    );
    expect(files.get('context.token')).toBe(TOKEN);
    expect(files.get('connector.status.proxyAddress')).toBe('c-hub.default.svc.cluster.local');
    expect(files.get('ca.crt')).toBe(CA);
    expect(files.get('context.proxy.caCert')).toBe(CA);
    expect(files.get('ca-bundle.crt')).toBe(PUBLIC_ROOT + CA);
  });

  it('contain both authorities during a rotation, and only certificates', () => {
    const key = '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n';
    const files = renderVolume(aVolume({ caCertificates: `${CA.trimEnd()}\n\n${key}# old\n${OLD_CA}` }));
    for (const name of ['ca.crt', 'context.proxy.caCert']) {
      expect(files.get(name)).toBe(CA + OLD_CA);
    }
    expect([...files.values()].join('')).not.toContain('PRIVATE KEY');
  });

  it('have the current CA in the bundle, although bundles are cached', () => {
    const { environment } = aVolume();
    const bundles = [CA, OLD_CA, CA].map((caCertificates) =>
      renderVolume({ ...aVolume(), environment, caCertificates }).get('ca-bundle.crt'),
    );
    expect(bundles).toEqual([PUBLIC_ROOT + CA, PUBLIC_ROOT + OLD_CA, PUBLIC_ROOT + CA]);
  });

  it('include ca.cert only on request', () => {
    expect(renderVolume(aVolume()).has('ca.cert')).toBe(false);
    expect(renderVolume(aVolume({ configurationNames: ['ca.cert'] })).get('ca.cert')).toBe(CA);
  });

  it('include the truststore only on request, with the certificates of the bundle', () => {
    const files = renderVolume(aVolume({ configurationNames: ['truststore', 'registry-config'] }));
    const certificates = [PUBLIC_ROOT, CA].map((pem) => Buffer.from(pem.replace(/-----.*-----/g, ''), 'base64'));
    expect(files.get('truststore.p12')).toEqual(trustStore(certificates));
    expect(renderVolume(aVolume()).has('truststore.p12')).toBe(false);
    const excluded = aVolume({ configurationNames: ['truststore'], excludedFiles: ['truststore.p12'] });
    expect(renderVolume(excluded).has('truststore.p12')).toBe(false);
  });

  it('include a truststore that is made once for all volumes, until the authority changes', () => {
    const { environment } = aVolume();
    const [first, second, changed] = [CA, CA, OLD_CA].map((caCertificates) =>
      renderVolume({ ...aVolume({ configurationNames: ['truststore'] }), environment, caCertificates }).get('truststore.p12'),
    );
    expect(second).toBe(first);
    expect(changed).not.toEqual(first);
  });

  it('can be excluded, and replaced by files of a class', () => {
    const options = withTemplate(
      { '.env': 'mine', 'https.proxy': 'mine too' },
      { excludedFiles: ['https.proxy', 'http.proxy', 'no-such-file'] },
    );
    const files = renderVolume(aVolume(options));
    expect(files.get('.env')).toBe('mine');
    expect(files.has('http.proxy')).toBe(false);
    expect(files.has('https.proxy')).toBe(false);
  });
});

describe('the data of a template', () => {
  it('are the Connector, its class, the token, the CA and the hosts', () => {
    const template = [
      '{{ .connector.metadata.namespace }}/{{ .connector.metadata.name }}',
      '{{ .connector.spec.address }} {{ .connector.status.proxyAddress }} {{ .connector.status.proxy.httpAddress.url }}',
      '{{ .connectorclass.metadata.name }} {{ .connectorclass.proxyAddress }}',
      '{{ .context.token }}',
      '{{ .context.proxy.caCert }}{{ join " " .context.proxy.hosts }}',
      '{{ range .connectors }}{{ .metadata.name }};{{ end }}',
    ].join('\n');
    const connectorClass = aClassWith('tool', [{ name: 'settings', data: { file: template } }]);
    connectorClass.status = { proxy: { httpAddress: { url: 'http://connectors-proxy-service.connectors-system.svc' } } };
    const connectors = [mounted(aServedConnector('hub'), connectorClass), mounted(aServedConnector('quay'), connectorClass)];
    expect(
      renderVolume(aVolume({ connectors, configurationNames: ['settings'] }))
        .get('file')
        ?.toString()
        .split('\n'),
    ).toEqual([
      'default/hub',
      'https://registry.example.com c-hub.default.svc.cluster.local http://c-hub.default.svc.cluster.local/namespaces/default/connectors/hub',
      'tool connectors-proxy-service.connectors-system.svc',
      TOKEN,
      ...CA.trimEnd().split('\n'),
      'c-hub.default c-hub.default.svc c-hub.default.svc.cluster.local c-quay.default c-quay.default.svc c-quay.default.svc.cluster.local',
      'hub;quay;',
    ]);
  });

  it('contain no metadata that change with every update', () => {
    const files = renderVolume(aVolume(withTemplate({ file: '{{ toJson .connector.metadata }}{{ toJson .connector.status }}' })));
    expect(files.get('file')).not.toMatch(/resourceVersion|generation|conditions|managedFields/);
  });

  it('contain only the Connectors of its class', () => {
    const configuration: ClassConfiguration = { name: 'settings', data: {} };
    const file = '{{ range .connectors }}{{ .metadata.name }} {{ end }}';
    const connectors = [
      mounted(aServedConnector('one'), aClassWith('a', [{ ...configuration, data: { 'a.txt': file } }])),
      mounted(aServedConnector('two'), aClassWith('b', [{ ...configuration, data: { 'b.txt': file } }])),
      mounted(aServedConnector('three'), aClassWith('a', [])),
    ];
    const files = renderVolume(aVolume({ connectors, configurationNames: ['settings'] }));
    expect([files.get('a.txt'), files.get('b.txt')]).toEqual(['one three ', 'two ']);
  });
});

describe('parameters', () => {
  const params: ParamSpec[] = [
    { name: 'level' },
    { name: 'color', enum: ['red', 'green'], default: 'red' },
    { name: 'list', type: 'array', default: ['a'] },
    { name: 'map', type: 'object', default: { k: 'v' } },
  ];
  const data = {
    file: '{{ .configurations.level }} {{ .configurations.color }} {{ join "+" .configurations.list }} {{ .configurations.map.k }}',
  };
  const given = (settings: Record<string, string>) => withTemplate(data, { params, configurationParams: { settings } });

  it('come from the volume, otherwise from the class', () => {
    expect(renderVolume(aVolume(given({ level: '7' }))).get('file')).toBe('7 red a v');
    const all = { level: '7', color: 'green', list: '["x","y"]', map: '{"k":"w"}' };
    expect(renderVolume(aVolume(given(all))).get('file')).toBe('7 green x+y w');
  });

  it.each([
    ['ParameterMissing', {}, 'configuration "settings" of class "tool" needs the parameter "level"; add {"settings":{"level":"…"}}'],
    ['ParameterUnknown', { level: '7', size: '1' }, 'configuration "settings" has no parameter "size"; it has level, color, list, map'],
    ['ParameterUnknown', { level: '7', constructor: '1' }, 'no parameter "constructor"'],
    [
      'ParameterInvalid',
      { level: '7', color: 'blue' },
      'parameter "color" of configuration "settings" (class "tool") must be one of red, green',
    ],
    ['ParameterInvalid', { level: '7', list: 'a,b' }, 'must be a JSON list'],
    ['ParameterInvalid', { level: '7', map: '[]' }, 'must be a JSON object'],
  ])('%s for %j', (code, settings, message) => {
    const error = errorOf(given(settings));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(/^configuration\.params: /);
    expect(error.message).toContain(message);
  });

  it('are refused for a configuration that is not in configuration.names', () => {
    const error = errorOf({ configurationParams: { buildkitd: { tls: 'true' } } });
    expect([error.code, error.message]).toEqual([
      'ParameterUnknown',
      'configuration.params has values for "buildkitd", which is not in configuration.names; add it there or remove the values',
    ]);
  });
});

describe('several configurations', () => {
  const classWith = (name: string, file: string) => aClassWith(name, [{ name, data: { [file]: name } }]);

  it('of one class: the later one writes a common file', () => {
    const connectorClass = aClassWith('tool', [
      { name: 'first', data: { file: 'first', other: 'kept' } },
      { name: 'second', data: { file: 'second' } },
    ]);
    const files = renderVolume(
      aVolume({ connectors: [mounted(aServedConnector('hub'), connectorClass)], configurationNames: ['first', 'second'] }),
    );
    expect([files.get('file'), files.get('other')]).toEqual(['second', 'kept']);
  });

  const two = [mounted(aServedConnector('one'), classWith('a', 'same')), mounted(aServedConnector('two'), classWith('b', 'same'))];

  it('of two classes may not write the same file', () => {
    const error = errorOf({ connectors: two, configurationNames: ['a', 'b'] });
    expect(error.code).toBe('FileConflict');
    expect(error.message).toBe(
      'configuration.names: configuration "a" of class "a" and configuration "b" of class "b" both write the file "same"; exclude it with "!same", remove one of the configurations, or mount two volumes',
    );
  });

  it('of two classes may, when the file is excluded', () => {
    expect(renderVolume(aVolume({ connectors: two, configurationNames: ['a', 'b'], excludedFiles: ['same'] })).has('same')).toBe(false);
  });

  it('must exist in a class of a mounted Connector', () => {
    const error = errorOf({ configurationNames: ['registry-config', 'dockerd'] });
    expect(error.code).toBe('ConfigurationNotFound');
    expect(error.message).toContain(
      'there is no configuration "dockerd"; choose one of registry-config (class oci), docker-config (class oci), ',
    );
    expect(
      errorOf({ connectors: [mounted(aServedConnector('hub'), aClassWith('bare', undefined))], configurationNames: ['x'] }).message,
    ).toBe('configuration.names: there is no configuration "x"; choose one of ca.cert, truststore');
  });
});

describe('refuses', () => {
  it.each([['..data'], ['..'], ['.'], ['a/b'], ['../x'], ['a\\b'], [''], ['ä'], ['a b'], ['x'.repeat(254)]])('file name %j', (name) => {
    const error = errorOf(withTemplate({ [name]: '' }));
    expect(error.code).toBe('FileNameInvalid');
    expect(error.message).toContain('configuration "settings" of class "tool" has a file ');
  });

  it.each([['.dockerconfigjson'], ['a..b'], ['x'.repeat(253)]])('does not refuse file name %j', (name) => {
    expect(renderVolume(aVolume(withTemplate({ [name]: 'x' }))).get(name)).toBe('x');
  });

  it.each([
    ['without status', aConnector({ name: 'new' }), 'Connector default/new has no address yet'],
    ['with half a URL', aConnector({ name: 'new', status: { proxy: { httpAddress: { url: 'c-new' } } } }), 'not a URL with a host'],
    [
      'with an invalid host',
      aConnector({ name: 'new', status: { proxy: { httpAddress: { url: 'http://a"$(id)/' } } } }),
      'not a URL with a host',
    ],
  ])('a Connector %s, for now', (_name, connector, message) => {
    const error = errorOf({ connectors: [mounted(connector)] });
    expect(error).toMatchObject({ code: 'ConnectorNotServed', retryable: true });
    expect(error.message).toContain(message);
  });

  it('a volume whose CA does not exist yet', () => {
    expect(errorOf({ caCertificates: '' })).toMatchObject({ code: 'CertificateAuthorityMissing', retryable: true });
  });

  it('files that are too large in total', () => {
    const file = `{{ repeat ${VOLUME_BYTES_MAX / 4} "x" }}`;
    const data = Object.fromEntries(['a', 'b', 'c', 'd'].map((name) => [name, file]));
    const error = errorOf(withTemplate(data));
    expect(error.code).toBe('VolumeTooLarge');
    expect(error.message).toContain(`more than the ${VOLUME_BYTES_MAX} `);
  });

  it('files that are too large only because of the truststore', () => {
    const large = Buffer.alloc(600_000, 1).toString('base64');
    const environment = {
      ...aVolume().environment,
      publicRoots: `-----BEGIN CERTIFICATE-----\n${large}\n-----END CERTIFICATE-----\n`,
    };
    const options = withTemplate({ file: `{{ repeat 900000 "x" }}` }, { environment });
    expect(renderVolume(aVolume(options)).has('file')).toBe(true);
    expect(errorOf({ ...options, configurationNames: ['settings', 'truststore'] }).code).toBe('VolumeTooLarge');
  });

  it('a template that fails, with its place', () => {
    const error = errorOf(withTemplate({ file: 'one\n{{ env "HOME" }}' }));
    expect(error.code).toBe('TemplateFailed');
    expect(error.message).toContain('class "tool", configuration "settings", file "file", line 2: function "env"');
    expect(error.cause).toBeInstanceOf(Error);
  });

  it.each([
    ['the token', '{{ fail .context.token }}'],
    ['a part of it', '{{ fail (index (splitList "." .context.token) 1) }}'],
    ['more of it than a message shows', '{{ fail (repeat 50 .context.token) }}'],
    ['a message that depends on a condition on the token', '{{ if hasPrefix "eyJ" .context.token }}{{ fail .context.token }}{{ end }}'],
  ])('a template that fails with %s, without revealing it', (_what, file) => {
    const error = errorOf(withTemplate({ file }));
    expect(error.message).toContain('not shown');
    const shown = `${error.message} ${error.stack} ${inspect(error.cause)}`;
    // Every part of 10 characters.
    const parts = Array.from({ length: TOKEN.length - 9 }, (_part, start) => TOKEN.slice(start, start + 10));
    expect(parts.filter((part) => shown.includes(part))).toEqual([]);
  });

  it('a template that fails with a message of its author, and shows the message', () => {
    expect(errorOf(withTemplate({ file: '{{ fail "set the parameter size" }}' })).message).toContain(
      'line 1: fail: set the parameter size',
    );
  });

  it('no volume because of an excluded file', () => {
    expect(renderVolume(aVolume(withTemplate({ file: '{{ env "HOME" }}' }, { excludedFiles: ['file'] }))).has('file')).toBe(false);
  });
});

it('gives the same files for the same request', () => {
  const request = aVolume({ configurationNames: ['registry-config', 'buildkitd', 'registries'] });
  expect([...renderVolume(request)]).toEqual([...renderVolume(request)]);
});
