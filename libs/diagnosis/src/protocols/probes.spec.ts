import { PROTOCOL_NAMES, PROTOCOLS } from '@oci-connector/connector-api';
import { ManualClock, aConnector, aConnectorClass } from '@oci-connector/testing-kit';
import { RefusedCredentials } from '@oci-connector/oci-auth';
import { aTarget } from '../../test/diagnosis-fixture';
import { Probes, SHIPPED_PROBES } from './probes';

const probes = new Probes({ refusals: new RefusedCredentials(new ManualClock(0), 1_000) });
const { signal } = new AbortController();
const params = [
  { name: 'repository', type: 'string' as const, default: '' },
  { name: 'colour', type: 'string' as const, default: 'red' },
];

it('each protocol of the API has its line, and probes of its own where the API lets an empty probe stand for them', () => {
  expect(Object.keys(SHIPPED_PROBES)).toEqual(PROTOCOL_NAMES);
  for (const name of PROTOCOL_NAMES) {
    const { liveness, credential } = SHIPPED_PROBES[name];
    expect([name, liveness !== undefined, credential !== undefined]).toEqual([
      name,
      PROTOCOLS[name].hasOwnProbes,
      PROTOCOLS[name].hasOwnProbes,
    ]);
  }
});

describe('what is asked', () => {
  const http = { path: '/health' };
  const oci = aConnectorClass('c', { spec: { authProbes: [{ authName: 'tokenAuth', probe: {}, params }] } });

  it('of a class without probes is nothing', () => {
    const none = aConnectorClass('c', { spec: { livenessProbe: undefined, authProbes: undefined } });
    expect(probes.liveness(none)).toBeUndefined();
    expect(probes.credential(aConnector({ secretName: 's' }), none)).toBeUndefined();
  });

  it('of a class with http probes is their definition', () => {
    const own = aConnectorClass('c', { spec: { livenessProbe: { http }, authProbes: [{ authName: 'tokenAuth', probe: { http } }] } });
    expect(probes.liveness(own)?.question).toEqual(http);
    expect(probes.credential(aConnector({ secretName: 's' }), own)?.question).toEqual(http);
    expect(probes.credential(aConnector(), own)).toBeUndefined();
  });

  it('of a class with empty probes is the protocol, and the parameters that its probe reads', () => {
    expect(probes.liveness(oci)?.question).toEqual({ protocol: 'oci' });
    const auth = (given: string): object => ({ auth: { name: 'tokenAuth', params: [{ name: 'repository', value: given }] } });
    expect(probes.credential(aConnector({ spec: auth('team/app') }), oci)?.question).toEqual({
      protocol: 'oci',
      params: { repository: 'team/app' },
    });
    expect(probes.credential(aConnector({ spec: auth('') }), oci)?.question).toEqual({ protocol: 'oci', params: {} });
    expect(probes.credential(aConnector(), oci)?.question).toEqual({ protocol: 'oci', params: {} });
  });

  it('of an authentication type without a probe is nothing', () => {
    expect(probes.credential(aConnector({ secretName: 's', authName: 'basicAuth' }), oci)).toBeUndefined();
  });
});

it.each(['http', 'newer', 'constructor'])(
  'an empty probe of protocol %s, which has none here, leaves the question open and asks nobody',
  async (name) => {
    const connectorClass = aConnectorClass('c', { spec: { protocol: name as 'http' } });
    const target = aTarget('http://127.0.0.1:1');
    const expected = { outcome: 'unknown', reason: 'ProbeNotSupported', message: expect.stringContaining(`protocol ${name}`) as string };
    expect(await probes.liveness(connectorClass)?.run(target, signal)).toMatchObject(expected);
    expect(await probes.credential(aConnector(), connectorClass)?.run(target, signal)).toMatchObject(expected);
  },
);
