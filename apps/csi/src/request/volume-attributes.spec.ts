import { parseVolumeAttributes } from './volume-attributes';

const parse = (given: Record<string, string>): ReturnType<typeof parseVolumeAttributes> =>
  parseVolumeAttributes(new Map(Object.entries(given)), 'team-a');

describe('parseVolumeAttributes', () => {
  it('reads every attribute', () => {
    expect(
      parse({
        connectors: 'platform/hub, own',
        'configuration.names': 'registry-config, buildkitd,!ca.cert',
        'configuration.params': '{"buildkitd":{"tls":"true"}}',
        'token.expiration': '1h30m',
      }),
    ).toEqual({
      problems: [],
      attributes: {
        connectors: [
          { namespace: 'platform', name: 'hub' },
          { namespace: 'team-a', name: 'own' },
        ],
        configurationNames: ['registry-config', 'buildkitd'],
        excludedFiles: ['ca.cert'],
        configurationParams: { buildkitd: { tls: 'true' } },
        wantedLifetime: 5_400_000,
      },
    });
  });

  it.each([
    [
      { 'connector.name': 'hub', 'connector.namespace': 'platform' },
      { namespace: 'platform', name: 'hub' },
    ],
    [{ 'connector.name': 'hub' }, { namespace: 'team-a', name: 'hub' }],
    [
      { 'connector.name': ' hub\n', 'connector.namespace': '\tplatform ' },
      { namespace: 'platform', name: 'hub' },
    ],
    [
      { 'connector.name': 'hub', 'connector.namespace': '  ' },
      { namespace: 'team-a', name: 'hub' },
    ],
    [
      { connectors: ' ', 'connector.name': 'hub' },
      { namespace: 'team-a', name: 'hub' },
    ],
    [
      { connectors: ' platform/hub\n', 'connector.name': ' ', 'connector.namespace': '\n' },
      { namespace: 'platform', name: 'hub' },
    ],
  ])('reads the older form %j', (given, expected) => {
    expect(parse(given)).toMatchObject({ problems: [], attributes: { connectors: [expected] } });
  });

  it.each([
    [{}, 'connectors: is required'],
    [{ connectors: ' , ' }, 'connectors: is required'],
    [{ 'connector.namespace': 'platform' }, 'connector.name: is required when connector.namespace is given'],
    [{ 'connector.name': ' ', 'connector.namespace': 'platform' }, 'connector.name: is required when connector.namespace is given'],
    [{ 'connector.name': ' ' }, 'connectors: is required'],
    [{ 'connector.name': 'Hub', 'connector.namespace': 'platform' }, 'connector.name: "Hub" is not the NAME'],
    [{ 'connector.name': 'a/hub', 'connector.namespace': 'platform' }, 'connector.name: "a/hub" is not the NAME'],
    [{ 'connector.name': 'a, b' }, 'connector.name: "a, b" is not the NAME of a Connector; use connectors to name several'],
    [{ 'connector.name': 'hub', 'connector.namespace': 'Platform' }, 'connector.namespace: "Platform" is not the name of a namespace'],
    [{ 'connector.name': 'hub', 'connector.namespace': 'a/b' }, 'connector.namespace: "a/b" is not the name of a namespace'],
    [{ connectors: 'hub', 'connector.name': 'hub' }, 'connectors: cannot be combined with connector.name'],
    [{ connectors: '../../etc' }, 'connectors: "../../etc" is not NAME'],
    [{ connectors: 'Hub' }, 'connectors: "Hub" is not NAME'],
    [{ connectors: 'a/b/c' }, 'connectors: "a/b/c" is not NAME'],
    [{ connectors: 'team-a/hub,hub' }, 'connectors: names team-a/hub more than once'],
    [{ connectors: Array.from({ length: 33 }, (_item, index) => `c${index}`).join() }, 'connectors: names more than 32 connectors'],
    [{ connectors: 'hub', 'configuration.names': 'a\nb' }, 'configuration.names: "a\\nb" is neither'],
    [{ connectors: 'hub', 'configuration.names': 'x'.repeat(254) }, 'is neither'],
    [{ connectors: 'hub', 'configuration.names': `!${'x'.repeat(254)}` }, 'is neither'],
    [{ connectors: 'hub', 'configuration.names': '!ä' }, 'configuration.names: "!ä" is neither'],
    [{ connectors: 'hub', 'configuration.names': '!../../etc/passwd' }, 'configuration.names: "!../../etc/passwd" is neither'],
    [{ connectors: 'hub', 'configuration.names': '!' }, 'configuration.names: "!" is neither'],
    [{ connectors: 'hub', 'configuration.names': 'a,'.repeat(129) }, 'configuration.names: has more than 128 entries'],
    [{ connectors: 'hub', 'configuration.params': '{"a":{"b":1}}' }, 'configuration.params: must be JSON of the form'],
    [{ connectors: 'hub', 'configuration.params': '[]' }, 'configuration.params: must be JSON of the form'],
    [{ connectors: 'hub', 'configuration.params': '{"buildkitd": {"tls": true}}' }, 'with every value in quotes: "true", not true'],
    [{ connectors: 'hub', 'configuration.params': '{' }, 'configuration.params: must be JSON of the form'],
    [{ connectors: 'hub', 'token.expiration': '9m' }, 'token.expiration: "9m" is less than 10m'],
    [{ connectors: 'hub', 'token.expiration': '1800' }, 'token.expiration: "1800" is not a duration'],
    [
      { connectors: 'hub', 'token.expire': '30m' },
      'token.expire: is not an attribute of this driver; the attributes are connectors, connector.name',
    ],
    [{ connectors: 'hub', 'configuration.names': '!a\u202eb' }, 'configuration.names: "!a\\u202eb" is neither'],
    [{ connectors: 'h\u2066ub' }, 'connectors: "h\\u2066ub" is not NAME'],
    [{ connectors: 'hub', 'token.\u202eexpire': '1' }, '"token.\\u202eexpire": is not an attribute'],
    [{ connectors: 'hub', 'configuration.params': ' '.repeat(16_385) }, 'configuration.params: has more than 16384 characters'],
  ])('rejects %.60j and names the problem', (given, problem) => {
    const { problems } = parse(given);
    expect(problems).toEqual([expect.stringContaining(problem)]);
  });

  it.each(['', ' ', '\n', '{}', ' {} \n', '{"buildkitd": {}}'])('reads %j as no parameters', (params) => {
    const { problems, attributes } = parse({
      connectors: 'hub',
      'configuration.params': params,
      'token.expiration': ' 30m\n',
      'configuration.names': ' ',
    });
    expect([problems, Object.values(attributes.configurationParams).flatMap(Object.keys), attributes.wantedLifetime]).toEqual([
      [],
      [],
      1_800_000,
    ]);
  });

  it('accepts as many Connectors as docs/volumes.md says', () => {
    const { problems, attributes } = parse({ connectors: Array.from({ length: 32 }, (_item, index) => `c${index}`).join() });
    expect([problems, attributes.connectors.length]).toEqual([[], 32]);
  });

  it('does not parse values that are too long, and still reports unknown attributes', () => {
    const { attributes, problems } = parse({
      connectors: 'hub',
      'configuration.names': 'x'.repeat(16_385),
      'token.expiration': '1m',
      other: 'x'.repeat(16_385),
    });
    expect(problems.map((problem) => problem.split(':')[0])).toEqual(['other', 'configuration.names']);
    expect(attributes.connectors).toEqual([]);
  });

  it('is not misled by an attribute that is named like a problem', () => {
    const { problems } = parse({ connectors: 'hub', 'has more than 16384 characters': '', 'token.expiration': '1m' });
    expect(problems.map((problem) => problem.split(':')[0])).toEqual(['"has more than 16384 characters"', 'token.expiration']);
  });

  it('reports all problems together', () => {
    expect(
      parse({ 'token.expiration': 'soon', 'configuration.params': '1', other: '' }).problems.map((problem) => problem.split(':')[0]),
    ).toEqual(['other', 'connectors', 'configuration.params', 'token.expiration']);
  });
});
