import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { renderVolume } from '@oci-connector/config-rendering';
import { Sensitive } from '@oci-connector/sensitive';
import { formatInputs, parseInputs, targetOf } from './volume-inputs';

const TESTDATA = path.join(__dirname, 'testdata');

/** Files as each release wrote them. Those of earlier releases stay; a new one is added when the format changes. */
const RECORDED = readdirSync(TESTDATA).filter((name) => name.startsWith('inputs-'));

const recorded = (name: string): string => readFileSync(path.join(TESTDATA, name), 'utf8');

describe('the stored inputs of a volume', () => {
  it.each(RECORDED)('are read and rendered from %s', (name) => {
    const inputs = parseInputs(recorded(name));
    const environment = { publicRoots: '', clusterDomain: 'cluster.local', apiServerHosts: [], proxyHttpPort: 80, proxyHttpsPort: 443 };
    const request = {
      configurationNames: ['static'],
      excludedFiles: [],
      configurationParams: {},
      token: new Sensitive('t.o.k'),
      environment,
    };
    expect(inputs && renderVolume({ ...inputs, ...request }).get('static.conf')).toBe('first hub');
  });

  it('are written in the same form as they are read', () => {
    const text = recorded('inputs-0.1.0.json');
    const inputs = parseInputs(text);
    const target = targetOf(text);
    expect(inputs && target && formatInputs(target, inputs)).toBe(text);
    expect(target).toMatch(/^\/var\/lib\/kubelet\/pods\/.*\/mount$/);
  });

  const valid = JSON.parse(recorded('inputs-0.1.0.json')) as { connectors: { connector: object; connectorClass: object }[] };
  const [first] = valid.connectors;

  it.each<[string, unknown]>([
    ['of a later version', { ...valid, version: 2 }],
    ['without version', { ...valid, version: undefined }],
    ['without a CA', { ...valid, caCertificates: undefined }],
    ['whose connectors are not a list', { ...valid, connectors: {} }],
    ['with a connector that has no class', { ...valid, connectors: [{ connector: first?.connector }] }],
    ['with a connector that has no name', { ...valid, connectors: [{ ...first, connector: { ...first?.connector, metadata: {} } }] }],
    [
      'with a class that has no spec',
      { ...valid, connectors: [{ ...first, connectorClass: { ...first?.connectorClass, spec: undefined } }] },
    ],
    ['that is a list', []],
    ['that is null', null],
  ])('are ignored when the file is JSON %s', (_what, value) => {
    expect(parseInputs(JSON.stringify(value))).toBeUndefined();
  });

  it.each([undefined, '', '{', '"text"'])('are ignored when the file is %j', (text) => {
    expect([parseInputs(text), targetOf(text)]).toEqual([undefined, undefined]);
  });
});
