import { ESCAPED, type Given, plan, POST, scopesOf, SHA, target } from '../../../test/oci-plans';

describe('a cross-repository mount', () => {
  const mounted = `https://r.example/v2/app/blobs/uploads/?mount=${ESCAPED}&from=other%2Fbase`;
  const plain = 'https://r.example/v2/app/blobs/uploads/';
  const from = 'from=namespaces%2Fteam%2Fconnectors%2Fhub%2Fother%2Fbase';

  it.each<[string, Given, string]>([
    ['as clients write it', { query: `${from}&mount=${ESCAPED}` }, mounted],
    ['not escaped', { query: `mount=${SHA}&from=namespaces/team/connectors/hub/other/base` }, mounted],
    ['with a hint of its origin', { query: `mount=${ESCAPED}&${from}&origin=REGISTRY` }, mounted],
    ['with other parameters', { query: `x=1&mount=${ESCAPED}&${from}&ns=y` }, `${mounted}&x=1`],
    ['in host form', { form: 'host', query: `mount=${ESCAPED}&from=other%2Fbase` }, mounted],
    ['in host form, named by its path', { form: 'host', query: `mount=${ESCAPED}&${from}` }, mounted],
    ['in plain form', { form: 'plain', query: `mount=${ESCAPED}&from=other%2Fbase` }, mounted],
  ])('is forwarded %s', async (_, given, expected) => {
    expect(await target({ ...POST, ...given })).toBe(expected);
  });

  it.each<[string, Given]>([
    ['without from', { query: `mount=${ESCAPED}` }],
    ['with a source after a semicolon, which is removed', { query: `mount=${ESCAPED}&x=1;from=secret/base` }],
  ])('is forwarded %s, with the scope of its own repository', async (_, given) => {
    const mount = await plan({ ...POST, ...given });
    expect(mount.target.path).toBe(`/v2/app/blobs/uploads/?mount=${ESCAPED}`);
    expect(scopesOf(mount)).toHaveLength(1);
    expect(mount.withoutMount?.target.path).toBe('/v2/app/blobs/uploads/');
  });

  it('requests both scopes, the one to push to first, and has a plan without the mount', async () => {
    const mount = await plan({ ...POST, address: 'https://docker.io', query: `mount=${ESCAPED}&from=namespaces/team/connectors/hub/base` });
    expect(mount.target.path).toBe(`/v2/library/app/blobs/uploads/?mount=${ESCAPED}&from=library%2Fbase`);
    expect(scopesOf(mount)).toEqual([
      { repository: 'library/app', actions: ['pull', 'push'] },
      { repository: 'library/base', actions: ['pull'] },
    ]);
    expect(mount.withoutMount?.target.path).toBe('/v2/library/app/blobs/uploads/');
    expect(scopesOf(mount.withoutMount)).toEqual([{ repository: 'library/app', actions: ['pull', 'push'] }]);
    expect(mount.withoutMount?.withoutMount).toBeUndefined();
  });

  it.each<[string, Given]>([
    ['of another connector', { query: `mount=${ESCAPED}&from=namespaces/team/connectors/other/base` }],
    ['of another namespace', { query: `mount=${ESCAPED}&from=namespaces/other/connectors/hub/base` }],
    ['of a connector whose name has the same beginning', { query: `mount=${ESCAPED}&from=namespaces/team/connectors/hub2/base` }],
    ['of another connector, in host form', { form: 'host', query: `mount=${ESCAPED}&from=namespaces/team/connectors/other/base` }],
    ['of the host’s connector, in path form', { query: `mount=${ESCAPED}&from=other/base` }],
    ['without mount', { query: from }],
    ['with two sources', { query: `mount=${ESCAPED}&${from}&from=secret/base` }],
    ['with a source hidden in an escaped name', { query: `mount=${ESCAPED}&${from}&%66rom=secret/base` }],
    ['with a source in capitals', { query: `mount=${ESCAPED}&${from}&FROM=secret/base` }],
    ['with two digests', { query: `mount=${ESCAPED}&mount=${ESCAPED}&${from}` }],
    ['of something that is not a digest', { query: `mount=latest&${from}` }],
    ['of a path with a .. segment', { query: `mount=${ESCAPED}&from=namespaces/team/connectors/hub/../other/base` }],
    ['without permission to pull', { query: `mount=${ESCAPED}&${from}`, mayPull: false }],
    ['without from, and without permission to pull', { query: `mount=${ESCAPED}`, mayPull: false }],
    ['with a body of its own', { query: `mount=${ESCAPED}&${from}`, hasBody: true }],
    ['with an escaped name and another', { query: `%6dount=${ESCAPED}&mount=${ESCAPED}&${from}` }],
    ['with a name in capitals and another', { query: `MOUNT=${ESCAPED}&mount=${ESCAPED}&${from}` }],
    [
      'with names that some servers trim or read as lists',
      { query: `+mount=${ESCAPED}&mount[]=${ESCAPED}&from%5B0%5D=secret/base&%20from=secret/base&mount.x=1&_method=DELETE` },
    ],
    ['with a digest after a semicolon', { query: `x=1;mount=${ESCAPED};from=secret/base` }],
    ['with an empty from', { query: `mount=${ESCAPED}&from=` }],
  ])('C4 cross-tenant mount: %s becomes a plain upload', async (_, given) => {
    const planned = await plan({ ...POST, ...given });
    expect(planned.target.origin + planned.target.path).toBe(plain);
    expect(scopesOf(planned)).toHaveLength(1);
    expect(planned.withoutMount).toBeUndefined();
  });
});
