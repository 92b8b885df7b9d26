import { type ConnectorClass, CONNECTORS_MAX, validateConnectorClass } from '@oci-connector/connector-api';
import { aConnectorClass, readTable, yamlBlocks } from '@oci-connector/testing-kit';
import { parseYaml, readDocument } from '../../test/documents';
import { aServedConnector, aVolume, mounted, SHIPPED_CLASS, TOKEN } from '../../test/volume-fixture';
import { FUNCTIONS } from '../template/functions/functions';
import { REFUSED_FUNCTIONS } from '../template/functions/refused-functions';
import { DEFAULT_LIMITS } from '../template/render-limits';
import { BUILT_IN_FILES, REQUESTED_FILES } from './built-in-files';
import { renderVolume } from './render-volume';
import { RENDERING_ERROR_CODES } from './rendering.errors';
import { VOLUME_BYTES_MAX } from './volume-size';

const MIB = 1024 * 1024;

describe('docs/volumes.md', () => {
  const text = readDocument('docs/volumes.md');
  const configurations = SHIPPED_CLASS.spec.configurations ?? [];

  it('lists every built-in file', () => {
    expect(
      readTable(text, '## Files of every volume')
        .map((row) => row['File'])
        .sort(),
    ).toEqual([...BUILT_IN_FILES].sort());
  });

  it('lists every file on request', () => {
    const rows = readTable(text, '## Files on request').map((row) => [row['Name'], row['File']]);
    expect(rows).toEqual([...REQUESTED_FILES].map(([name, { file }]) => [name, file]));
  });

  it('lists every parameter of the forward proxy', () => {
    const [{ Parameter: name = '', Default: value = '' } = {}, ...others] = readTable(text, '## Parameters of the forward proxy');
    const render = (params: Record<string, string>): unknown => renderVolume(aVolume({ configurationParams: { proxy: params } }));
    expect(render({ [name]: value })).toEqual(render({}));
    expect(() => render({ other: '' })).toThrow(`it has ${name}`);
    expect(others).toEqual([]);
  });

  it('lists every configuration of class oci, with its file', () => {
    const rows = readTable(text, '## Configurations of class `oci`').map((row) => [row['Name'], row['File']]);
    expect(rows).toEqual(configurations.map(({ name, data }) => [name, Object.keys(data ?? {}).join()]));
  });

  it('lists every parameter of class oci, with its default', () => {
    const section = text.slice(text.indexOf('\nParameters:\n'));
    const rows = readTable(`## Parameters\n${section}`, '## Parameters').map((row) => [
      row['Configuration'],
      row['Parameter'],
      row['Default'],
    ]);
    expect(rows).toEqual(configurations.flatMap(({ name, params = [] }) => params.map((param) => [name, param.name, param.default])));
  });

  it("explains every error code, after the most frequent ones of the driver's own", () => {
    const own = ['AccessDenied', 'AttributesInvalid', 'ConnectorNotFound'];
    expect(readTable(text, '## When the pod does not start').map((row) => row['Code'])).toEqual([...own, ...RENDERING_ERROR_CODES]);
  });

  it('states the current limits', () => {
    expect(text).toContain(`At most ${CONNECTORS_MAX}.`);
    expect(text).toContain(`More than ${VOLUME_BYTES_MAX / MIB} MiB in all.`);
  });
});

describe('docs/template-functions.md', () => {
  const text = readDocument('docs/template-functions.md');
  const namesOf = (heading: string) => readTable(text, heading).flatMap((row) => row['Functions']?.match(/\w+/g) ?? []);

  it('lists exactly the available functions', () => {
    expect(namesOf('## What templates can do').sort()).toEqual([...FUNCTIONS.keys(), 'and', 'or'].sort());
  });

  it('lists exactly the refused functions, by their reason', () => {
    const rows = readTable(text, '## What templates cannot do').flatMap((row) =>
      (row['Functions']?.match(/\w+/g) ?? []).map((name) => [name, row['Why']] as const),
    );
    expect(new Map(rows)).toEqual(REFUSED_FUNCTIONS);
  });

  it('states the current limits', () => {
    expect(text).toContain(`a rendered file ${DEFAULT_LIMITS.outputBytes / MIB} MiB, all files of a volume ${VOLUME_BYTES_MAX / MIB} MiB`);
    expect(text).toContain(`All files of a volume together have ${DEFAULT_LIMITS.steps} steps`);
  });

  it('contains an example that can be applied and mounted', () => {
    const example = yamlBlocks(text).flatMap(parseYaml)[0] as ConnectorClass;
    expect(validateConnectorClass(example)).toEqual([]);
    const files = renderVolume(aVolume({ connectors: [mounted(aServedConnector('git'), example)], configurationNames: ['gitconfig'] }));
    const basic = Buffer.from(`connectors:${TOKEN}`).toString('base64');
    expect(files.get('.gitconfig')).toBe(
      `[http]\n  sslVerify = true\n  sslCAInfo = /etc/connectors/ca.crt\n  extraHeader = Authorization: Basic ${basic}\n`,
    );
  });

  it('lists only existing variables', () => {
    const variables = readTable(text, '## Variables').map((row) => (row['Variable'] ?? '').replace('NAME', 'level'));
    const template = variables.map((variable) => `{{ if eq (toString ${variable}) "" "<nil>" }}${variable}{{ end }}`).join('');
    const example = aConnectorClass('oci', {
      spec: { configurations: [{ name: 'all', params: [{ name: 'level', default: '1' }], data: { file: template } }] },
    });
    example.status = { proxy: { httpAddress: { url: 'http://connectors-proxy-service.connectors-system.svc' } } };
    expect(variables.length).toBeGreaterThan(10);
    expect(
      renderVolume(aVolume({ connectors: [mounted(aServedConnector('hub'), example)], configurationNames: ['all'] })).get('file'),
    ).toBe('');
  });
});
