import { type Connector, type ConnectorSpec } from './connector';
import { type ConnectorClass, type ConnectorClassSpec } from './connector-class';
import { formatProblem } from './field-problem';
import { validateConnector, validateConnectorClass } from './validate';
import { validateConnectorAgainstClass } from './validate-against-class';

function aClass(spec: ConnectorClassSpec): ConnectorClass {
  return { apiVersion: 'connectors.alauda.io/v1alpha1', kind: 'ConnectorClass', metadata: { name: 'custom' }, spec };
}

const oci = aClass({
  protocol: 'oci',
  address: { name: 'address', type: 'string' },
  auth: {
    types: [
      { name: 'tokenAuth', optional: true },
      { name: 'dockerConfig', optional: true },
    ],
  },
  authProbes: [{ authName: 'tokenAuth', probe: {}, params: [{ name: 'repository', type: 'string', default: '' }] }],
});

const custom = aClass({
  address: { name: 'address', enum: ['https://a.example', 'https://b.example'] },
  addressExtensions: [{ name: 'api' }, { name: 'raw', default: 'https://raw.example' }],
  params: [
    { name: 'team' },
    { name: 'stage', default: 'dev', enum: ['dev', 'prod'] },
    { name: 'list', type: 'array', default: [] },
    { name: 'tree', type: 'object', default: {}, properties: { branch: { type: 'string' }, leaves: { type: 'array' } } },
  ],
  auth: { types: [{ name: 'token', params: [{ name: 'user' }] }, { name: 'other' }] },
  authProbes: [{ authName: 'token', params: [{ name: 'project' }, { name: 'user' }], probe: { http: { path: '/' } } }],
});

const complete: Omit<ConnectorSpec, 'connectorClassName'> = {
  address: 'https://a.example',
  addressExtensions: [{ name: 'api', value: 'https://api.example' }],
  params: [{ name: 'team', value: 'red' }],
  auth: {
    name: 'token',
    params: [
      { name: 'user', value: 'u' },
      { name: 'project', value: 'p' },
    ],
  },
};

function problems(spec: object, connectorClass: ConnectorClass): string[] {
  const connector = {
    apiVersion: 'connectors.alauda.io/v1alpha1',
    kind: 'Connector',
    metadata: { name: 'case', namespace: 'default' },
    spec: { connectorClassName: connectorClass.metadata.name, ...spec },
  };
  // The rules that need no class are not tested here, so the manifest must keep them.
  expect(validateConnector(connector)).toEqual([]);
  expect(validateConnectorClass(connectorClass)).toEqual([]);
  return validateConnectorAgainstClass(connector as Connector, connectorClass).map(formatProblem);
}

describe('validateConnectorAgainstClass', () => {
  it('accepts a Connector with everything that the class requires', () => {
    expect(problems(complete, custom)).toEqual([]);
  });

  it.each<[string, object, string[]]>([
    [
      'everything that is required is missing',
      { params: [], addressExtensions: [], auth: { name: 'token' } },
      [
        'spec.addressExtensions must have an item with the name api; the class requires it',
        'spec.params must have an item with the name team; the class requires it',
        'spec.auth.params must have an item with the name user; the class requires it',
        'spec.auth.params must have an item with the name project; the class requires it',
      ],
    ],
    ['no authentication', { auth: undefined }, ['spec.auth is required by the class; its name must be one of token, other']],
    [
      'an authentication type of another class',
      { auth: { name: 'pat' } },
      ['spec.auth.name must be one of token, other, as the class declares'],
    ],
    [
      'parameters for a type that has none',
      { auth: { name: 'other', params: [{ name: 'user', value: 'u' }] } },
      ['spec.auth.params[0].name is not declared by the class; remove the item'],
    ],
    [
      'an address that the class does not allow',
      { address: 'https://c.example' },
      ['spec.address must be one of https://a.example, https://b.example'],
    ],
    [
      'names that the class does not declare',
      {
        addressExtensions: [...complete.addressExtensions!, { name: 'blob', value: 'https://blob.example' }],
        params: [...complete.params!, { name: 'colour', value: 'red' }],
      },
      [
        'spec.addressExtensions[1].name must be one of api, raw, as the class declares',
        'spec.params[1].name must be one of team, stage, list, tree, as the class declares',
      ],
    ],
    [
      'values of the wrong type',
      {
        params: [
          { name: 'team', value: 1 },
          { name: 'list', value: 'a' },
          { name: 'tree', value: { branch: [], leaves: ['a'] } },
        ],
      },
      [
        'spec.params[0].value must be of type string',
        'spec.params[1].value must be of type array',
        'spec.params[2].value.branch must be of type string',
      ],
    ],
    [
      'a value that is not offered',
      { params: [...complete.params!, { name: 'stage', value: 'test' }] },
      ['spec.params[1].value must be one of dev, prod'],
    ],
  ])('finds the problem: %s', (_name, change, expected) => {
    expect(problems({ ...complete, ...change }, custom)).toEqual(expected);
  });

  const noPrefix =
    'spec.address must have a path that can begin the name of a repository, or none: lower-case letters, digits, and single . _ - between them, at most 255 characters';

  it.each<[string, object, string[]]>([
    ['no authentication', { address: 'https://index.docker.io' }, []],
    ['a type without a Secret', { address: 'https://index.docker.io', auth: { name: 'dockerConfig' } }, []],
    [
      'a repository for the probe',
      { address: 'https://a.example', auth: { name: 'tokenAuth', params: [{ name: 'repository', value: 'library/ubuntu' }] } },
      [],
    ],
    ['a path that begins repositories', { address: 'https://a.example/team/sub-team' }, []],
    ['a path that cannot begin a repository', { address: 'https://a.example/Team' }, [noPrefix]],
    ['a path longer than a repository name', { address: `https://a.example/${'a'.repeat(256)}` }, [noPrefix]],
    [
      'an IPv6 address that is none',
      { address: 'https://[1:2]' },
      ['spec.address must name a valid IPv6 address between the brackets, not 1:2'],
    ],
    [
      'a further address',
      { address: 'https://a.example', addressExtensions: [{ name: 'a', value: 'https://b.example' }] },
      ['spec.addressExtensions[0].name is not declared by the class; remove the item'],
    ],
  ])('checks the addresses for a class of protocol oci: %s', (_name, spec, expected) => {
    expect(problems(spec, oci)).toEqual(expected);
  });

  it('does not require an authentication type that the class does not have', () => {
    expect(problems({ address: 'https://a.example' }, aClass({}))).toEqual([]);
    expect(problems({ address: 'https://a.example', auth: { name: 'token' } }, aClass({}))).toEqual([
      'spec.auth.name is not declared by the class; remove spec.auth',
    ]);
  });

  it('allows capitals in a path that is not a repository', () => {
    expect(problems({ address: 'https://a.example/Team' }, aClass({ protocol: 'http' }))).toEqual([]);
  });
});
