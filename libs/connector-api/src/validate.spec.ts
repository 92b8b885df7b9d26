import { formatProblem } from './field-problem';
import { validateConnector } from './validate';

function problems(value: unknown): string[] {
  return validateConnector(value).map(formatProblem);
}

describe('validateConnector', () => {
  it.each([[undefined], [null], ['text'], [[]], [1]])('refuses %j, which is not an object', (value) => {
    expect(problems(value)).toEqual(['must be an object']);
  });

  it('names the required fields of every object', () => {
    expect(problems({})).toEqual(['apiVersion is required', 'kind is required', 'metadata is required', 'spec is required']);
  });

  it('requires a name in the metadata', () => {
    expect(problems({ apiVersion: 'connectors.alauda.io/v1alpha1', kind: 'Connector', metadata: { namespace: 'a' } })).toEqual([
      'metadata must be an object with a name',
      'spec is required',
    ]);
  });

  it('reports all problems together, also those of the name', () => {
    expect(
      problems({
        apiVersion: 'connectors.alauda.io/v1',
        kind: 'Connector',
        metadata: { name: 'A' },
        spec: { connectorClassName: 'oci', address: 'nowhere', params: [{ name: 1, value: 'a' }], auth: 'none' },
      }),
    ).toEqual([
      'apiVersion must be connectors.alauda.io/v1alpha1',
      'spec.auth must be an object',
      'spec.params[0].name must be a string',
      'metadata.name must be a DNS label (lower-case letters, digits and -) of at most 61 characters, because its Service is called c-NAME',
      'spec.address must begin with http:// or https:// and name a host, such as https://registry.example.com',
    ]);
  });

  it('limits lists and strings', () => {
    const spec = {
      connectorClassName: 'oci',
      address: `https://registry.example.com/${'a'.repeat(1024)}`,
      params: Array.from({ length: 33 }, (_, index) => ({ name: `p${index}`, value: 'a' })),
    };
    expect(problems({ apiVersion: 'connectors.alauda.io/v1alpha1', kind: 'Connector', metadata: { name: 'a' }, spec })).toEqual([
      'spec.address must have at most 1024 characters',
      'spec.params must have at most 32 items',
    ]);
  });

  it('treats null in an optional field, from an empty value in YAML, as absent', () => {
    const spec = { connectorClassName: 'oci', address: 'https://registry.example.com', auth: null, params: null };
    expect(problems({ apiVersion: 'connectors.alauda.io/v1alpha1', kind: 'Connector', metadata: { name: 'a' }, spec })).toEqual([]);
  });

  it('ignores field names that objects inherit', () => {
    const spec = JSON.parse(
      '{"connectorClassName":"oci","address":"https://registry.example.com","__proto__":{"auth":1},"constructor":{"a":1}}',
    ) as unknown;
    expect(problems({ apiVersion: 'connectors.alauda.io/v1alpha1', kind: 'Connector', metadata: { name: 'a' }, spec })).toEqual([]);
    expect(({} as { auth?: unknown }).auth).toBeUndefined();
  });
});
