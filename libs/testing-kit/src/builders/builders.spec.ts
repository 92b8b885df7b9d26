import { validateConnector, validateConnectorClass } from '@oci-connector/connector-api';
import { aConnectorClass } from './connector-class.builder';
import { aConnector } from './connector.builder';
import { aSecret } from './secret.builder';

describe('aConnector', () => {
  it.each([
    ['no options', {}],
    ['a Secret', { secretName: 'credential' }],
    ['a trusted realm', { trustedRealms: ['https://auth.example.com'] }],
    ['an address of its own', { name: 'hub', namespace: 'ci', address: 'https://index.docker.io/team', authName: 'basicAuth' }],
  ])('is valid with %s', (_name, options) => {
    expect(validateConnector(aConnector(options))).toEqual([]);
  });

  it('has the fields of the options', () => {
    expect(
      aConnector({ name: 'hub', namespace: 'ci', secretName: 's', metadata: { uid: '7' }, spec: { address: 'http://a' } }),
    ).toMatchObject({
      metadata: { name: 'hub', namespace: 'ci', uid: '7' },
      spec: { connectorClassName: 'oci', address: 'http://a', auth: { name: 'tokenAuth', secretRef: { name: 's' } } },
    });
    expect(aConnector().spec.auth).toBeUndefined();
  });
});

describe('aConnectorClass', () => {
  it('is a valid class, whose fields the options replace', () => {
    const plain = aConnectorClass();
    expect(validateConnectorClass(plain)).toEqual([]);
    expect(plain.spec.auth?.types?.map(({ name }) => name)).toEqual(['tokenAuth', 'basicAuth', 'dockerConfig']);
    expect(aConnectorClass('oci', { metadata: { name: 'mine' }, spec: { proxy: undefined } })).toMatchObject({
      metadata: { name: 'mine' },
      spec: { protocol: 'oci', proxy: undefined },
    });
  });
});

describe('aSecret', () => {
  it('has its values in base64', () => {
    expect(aSecret({ stringData: { password: 'geheim' } })).toMatchObject({
      type: 'cpaas.io/distribution-registry-token',
      data: { password: 'Z2VoZWlt' },
    });
  });
});
