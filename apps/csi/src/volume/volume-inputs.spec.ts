import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { renderVolume } from '@oci-connector/config-rendering';
import { Sensitive } from '@oci-connector/sensitive';
import { formatInputs, parseInputs, targetOf } from './volume-inputs';

const TESTDATA = path.join(__dirname, 'testdata');

/** As each release wrote it; files of earlier releases stay, and a new one comes when the format changes. */
const RECORDED = readdirSync(TESTDATA).filter((name) => name.startsWith('inputs-'));

const recorded = (name: string): string => readFileSync(path.join(TESTDATA, name), 'utf8');

describe('the inputs of a volume', () => {
  it.each(RECORDED)('are read and rendered as the driver of %s wrote them', (name) => {
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

  it('are written as they are read', () => {
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
    ['whose connectors are no list', { ...valid, connectors: {} }],
    ['with a connector that has no class', { ...valid, connectors: [{ connector: first?.connector }] }],
    ['with a connector that has no name', { ...valid, connectors: [{ ...first, connector: { ...first?.connector, metadata: {} } }] }],
    [
      'with a class that has no spec',
      { ...valid, connectors: [{ ...first, connectorClass: { ...first?.connectorClass, spec: undefined } }] },
    ],
    ['that are a list', []],
    ['that are nothing', null],
  ])('are none when they are JSON %s', (_what, value) => {
    expect(parseInputs(JSON.stringify(value))).toBeUndefined();
  });

  it.each([undefined, '', '{', '"text"'])('are none when they are %j', (text) => {
    expect([parseInputs(text), targetOf(text)]).toEqual([undefined, undefined]);
  });
});
