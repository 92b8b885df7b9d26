import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock } from '@oci-connector/testing-kit';
import { stringify } from 'yaml';
import { type KubeConnection, loadKubeConnection } from './kube-connection';

describe('loadKubeConnection merges the files of $KUBECONFIG', () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'kubeconfig-'));
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    await rm(directory, { recursive: true });
  });

  const file = async (name: string, config: object): Promise<string> => {
    await mkdir(join(directory, name), { recursive: true });
    await writeFile(join(directory, name, 'config'), stringify(config));
    return join(directory, name, 'config');
  };
  const cluster = (server: string): object[] => [{ name: 'c', cluster: { server } }];
  const context = (name: string, namespace: string): object => ({ name, context: { cluster: 'c', user: 'u', namespace } });
  const loadAll = async (...files: string[]): Promise<KubeConnection> => {
    jest.replaceProperty(process, 'env', { KUBECONFIG: files.join(':'), HOME: directory });
    return loadKubeConnection({ clock: new ManualClock() });
  };

  it('the first entry of a name counts as a whole, and the first current context', async () => {
    await writeFile(join(directory, 'token'), 'wrong');
    const one = await file('one', {
      users: [{ name: 'u', user: { tokenFile: 'token' } }],
      contexts: [context('here', 'first')],
      'current-context': 'here',
    });
    await writeFile(join(directory, 'one', 'token'), 'right');
    const two = await file('two', {
      clusters: cluster('https://two.example'),
      users: [{ name: 'u', user: { token: 'second', as: 'jane' } }],
      contexts: [context('here', 'second'), context('there', 'second')],
      'current-context': 'there',
    });
    const connection = await loadAll('', join(directory, 'missing'), one, two, one);
    expect(connection).toMatchObject({ server: 'https://two.example', namespace: 'first' });
    expect(connection.impersonate).toBeUndefined();
    expect((await connection.credential.authorization())?.reveal()).toBe('Bearer right');
  });

  it('a context that is given counts instead of the current one', async () => {
    const users = [{ name: 'u', user: { token: 't' } }];
    const contexts = [context('here', 'first'), context('there', 'second')];
    const one = await file('one', { clusters: cluster('https://a'), users, contexts, 'current-context': 'here' });
    jest.replaceProperty(process, 'env', { KUBECONFIG: one, HOME: directory });
    expect((await loadKubeConnection({ context: 'there' })).namespace).toBe('second');
    await expect(loadKubeConnection({ context: 'elsewhere' })).rejects.toThrow('context "elsewhere" does not exist');
    await expect(loadKubeConnection({ kubeconfig: one, context: 'elsewhere' })).rejects.toThrow('(contexts: "here", "there")');
  });

  it.each<[string, object, RegExp]>([
    ['a name twice in a file', { clusters: [...cluster('https://a'), ...cluster('https://b')] }, /clusters has the name "c" twice/],
    ['an entry without a name', { users: [{ user: {} }] }, /every entry of users must have a name/],
    ['a list of a wrong type', { users: { u: {} } }, /users must be a list/],
    [
      'a user that does not exist',
      { clusters: cluster('https://a'), contexts: [context('here', 'n')], 'current-context': 'here' },
      /names the user "u", which does not exist/,
    ],
    [
      'a cluster that does not exist',
      { contexts: [context('here', 'n')], 'current-context': 'here' },
      /names the cluster "c", which does not exist/,
    ],
  ])('names the problem: %s', async (_name, config, message) => {
    await expect(loadAll(await file('one', config))).rejects.toThrow(message);
  });

  it('uses no credential where the context names no user', async () => {
    const one = await file('one', {
      clusters: cluster('https://a.example'),
      contexts: [{ name: 'here', context: { cluster: 'c' } }],
      'current-context': 'here',
    });
    expect(await (await loadAll(one)).credential.authorization()).toBeUndefined();
  });
});
