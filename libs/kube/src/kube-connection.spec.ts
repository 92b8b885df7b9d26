import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { ManualClock } from '@oci-connector/testing-kit';
import { stringify } from 'yaml';
import { ApiServer, json } from '../test/api-server';
import { KubeConfigError } from './kube.errors';
import { KubeClient } from './kube-client';
import { loadKubeConnection } from './kube-connection';
import { ConfigMaps } from './resource-type';

const PEM = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
const KEY = '-----BEGIN PRIVATE KEY-----\nBBBB\n-----END PRIVATE KEY-----\n';
const base64 = (text: string): string => Buffer.from(text).toString('base64');

const PLUGIN_TYPES = /user "u": exec must be an object with the strings command and apiVersion, a list args of strings/;

let directory: string;
let kubeconfig: string;

async function write(user: object, cluster: object = {}, context = 'here'): Promise<void> {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:6443/prefix', ...cluster } }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'here', context: { cluster: 'c', user: 'u', namespace: 'team-a' } }],
    'current-context': context,
  };
  await writeFile(kubeconfig, stringify(config));
}

const header = async (clock = new ManualClock()): Promise<string | undefined> =>
  (await (await loadKubeConnection({ kubeconfig, clock })).credential.authorization())?.reveal();

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kubeconfig-'));
  kubeconfig = join(directory, 'config');
});

afterEach(async () => {
  jest.restoreAllMocks();
  await rm(directory, { recursive: true });
});

describe('loadKubeConnection', () => {
  it('reads server, certificates and namespace, and does not print the key', async () => {
    await writeFile(join(directory, 'ca.crt'), PEM);
    await write(
      { 'client-certificate-data': base64(PEM), 'client-key-data': base64(KEY), as: 'jane' },
      { 'certificate-authority': 'ca.crt', 'tls-server-name': 'kubernetes' },
    );
    const connection = await loadKubeConnection({ kubeconfig });
    expect(connection).toMatchObject({
      server: 'https://127.0.0.1:6443/prefix',
      tls: { ca: PEM, cert: PEM, serverName: 'kubernetes' },
      namespace: 'team-a',
      impersonate: { user: 'jane' },
    });
    expect(connection.tls.insecureSkipVerify).toBeUndefined();
    expect(connection.tls.key?.reveal()).toBe(KEY);
    expect(inspect(connection, { depth: 5 })).not.toContain('BBBB');
    expect(await connection.credential.authorization()).toBeUndefined();
  });

  it.each<[string, object, string | undefined]>([
    ['a token', { token: 'abc' }, 'Bearer abc'],
    ['a user name and password', { username: 'jane', password: 'pw' }, `Basic ${base64('jane:pw')}`],
    ['nothing', {}, undefined],
  ])('authenticates by %s', async (_name, user, expected) => {
    await write(user);
    expect(await header()).toBe(expected);
  });

  it('reads a token file relative to the kubeconfig again and again', async () => {
    const clock = new ManualClock();
    await write({ tokenFile: 'token' });
    await writeFile(join(directory, 'token'), 'one\n');
    const { credential } = await loadKubeConnection({ kubeconfig, clock });
    expect((await credential.authorization())?.reveal()).toBe('Bearer one');
    await writeFile(join(directory, 'token'), 'two\n');
    clock.advance(60_000);
    expect((await credential.authorization())?.reveal()).toBe('Bearer two');
  });

  it('the token file has priority over the token, which is used until the file can be read', async () => {
    const clock = new ManualClock();
    await write({ token: 'fixed', tokenFile: 'token' });
    const { credential } = await loadKubeConnection({ kubeconfig, clock });
    const next = async (): Promise<string | undefined> => {
      clock.advance(60_000);
      return (await credential.authorization())?.reveal();
    };
    expect(await next()).toBe('Bearer fixed');
    await writeFile(join(directory, 'token'), ' one\n');
    expect(await next()).toBe('Bearer one');
    // The last token stays in use when the file is missing or empty.
    await writeFile(join(directory, 'token'), '\n');
    expect(await next()).toBe('Bearer one');
    await rm(join(directory, 'token'));
    expect(await next()).toBe('Bearer one');
  });

  it('uses the ServiceAccount of the pod where there is no kubeconfig', async () => {
    const clock = new ManualClock();
    for (const [name, text] of Object.entries({ token: 'one', namespace: 'team-a\n', 'ca.crt': PEM })) {
      await writeFile(join(directory, name), text);
    }
    jest.replaceProperty(process, 'env', {
      HOME: join(directory, 'nobody'),
      KUBERNETES_SERVICE_HOST: 'fd00::1',
      KUBERNETES_SERVICE_PORT: '443',
    });
    const connection = await loadKubeConnection({ serviceAccountDirectory: directory, clock });
    expect(connection).toMatchObject({ server: 'https://[fd00::1]:443', namespace: 'team-a', tls: { ca: PEM } });
    const first = await connection.credential.authorization();
    expect(first?.reveal()).toBe('Bearer one');
    await writeFile(join(directory, 'token'), 'two\n');
    connection.credential.rejected(first ?? fail());
    expect((await connection.credential.authorization())?.reveal()).toBe('Bearer two');
  });

  // client-go: tools/clientcmd/client_config.go getUserIdentificationPartialConfig, transport/round_trippers.go.
  it.each<[string, object, string | undefined]>([
    ['a token before a plugin', { token: 'abc', exec: { apiVersion: 'v1', command: 'false' } }, 'Bearer abc'],
    [
      'a password before a plugin',
      { username: 'jane', password: 'pw', exec: { apiVersion: 'v1', command: 'false' } },
      `Basic ${base64('jane:pw')}`,
    ],
    [
      'a token with a client certificate',
      { token: 'abc', 'client-certificate-data': base64(PEM), 'client-key-data': base64(KEY) },
      'Bearer abc',
    ],
    ['a password without a user name', { password: 'pw' }, `Basic ${base64(':pw')}`],
    ['an empty token, which is none', { token: '', username: 'jane', password: 'pw' }, `Basic ${base64('jane:pw')}`],
    ['a field that client-go does not know', { 'token-file': 'token', Token: 'abc' }, undefined],
  ])('precedence: %s', async (_name, user, expected) => {
    await write(user);
    expect(await header()).toBe(expected);
  });

  it('reads data as well as files, and a certificate with its token', async () => {
    await writeFile(join(directory, 'client.crt'), PEM);
    await writeFile(join(directory, 'client.key'), KEY);
    await write(
      { token: 'abc', 'client-certificate': 'client.crt', 'client-key': './client.key' },
      { 'certificate-authority-data': base64(PEM) },
    );
    const { tls } = await loadKubeConnection({ kubeconfig });
    expect(tls).toMatchObject({ ca: PEM, cert: PEM });
    expect(tls.key?.reveal()).toBe(KEY);
  });

  it('ignores a key without its certificate', async () => {
    await write({ token: 'abc', 'client-key-data': base64(KEY) });
    expect((await loadKubeConnection({ kubeconfig })).tls).toEqual({ ca: undefined, serverName: undefined, insecureSkipVerify: undefined });
  });

  it('does not verify the server where the kubeconfig disables it', async () => {
    await write({ token: 'abc' }, { 'insecure-skip-tls-verify': true, 'tls-server-name': 'kubernetes' });
    expect((await loadKubeConnection({ kubeconfig })).tls).toMatchObject({ insecureSkipVerify: true, serverName: 'kubernetes' });
  });

  it.each(['!secret abc', '{ ? { key: abc } : b }'])(
    'C14 log leakage: no warning of the YAML parser quotes a kubeconfig: %s',
    async (token) => {
      const warned = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
      await writeFile(kubeconfig, `users:\n- name: u\n  user:\n    token: ${token}\n`);
      await expect(loadKubeConnection({ kubeconfig })).rejects.toThrow(KubeConfigError);
      expect(warned.mock.calls).toEqual([]);
    },
  );

  it.each<[string, () => Promise<void>, RegExp]>([
    ['no file', async () => undefined, /config cannot be read/],
    ['no YAML', () => writeFile(kubeconfig, '{{{'), /config cannot be read/],
    ['YAML that is not a kubeconfig', () => writeFile(kubeconfig, '- a'), /config is not a kubeconfig/],
    ['an empty file', () => writeFile(kubeconfig, ''), /current-context is not set; .* \(contexts: none\)/],
    ['no current context', () => write({}, {}, ''), /current-context is not set; .* \(contexts: "here"\)/],
    ['an unknown context', () => write({}, {}, 'elsewhere'), /context "elsewhere" does not exist; .* \(contexts: "here"\)/],
    ['no server', () => write({}, { server: undefined }), /cluster "c" has no server/],
    ['a server that is not a URL', () => write({}, { server: 'kubernetes' }), /"kubernetes" of cluster "c" is not a URL/],
    ['a token that is a number', () => write({ token: 12345 }), /user "u": token must be a string/],
    ['groups that are not a list', () => write({ as: 'jane', 'as-groups': 'admins' }), /as-groups must be a list of strings/],
    [
      'extras of a wrong type',
      () => write({ as: 'jane', 'as-user-extra': { scopes: 'a' } }),
      /as-user-extra must be a map of lists of strings/,
    ],
    ['a plugin whose command is a number', () => write({ exec: { apiVersion: 'v1', command: 5 } }), PLUGIN_TYPES],
    ['a plugin whose arguments are no list', () => write({ exec: { apiVersion: 'v1', command: 'x', args: '-v' } }), PLUGIN_TYPES],
    ['a plugin with a number for an argument', () => write({ exec: { apiVersion: 'v1', command: 'x', args: [1] } }), PLUGIN_TYPES],
    ['a plugin whose environment is a map', () => write({ exec: { apiVersion: 'v1', command: 'x', env: { A: 'b' } } }), PLUGIN_TYPES],
    [
      'a plugin with a number for a variable',
      () => write({ exec: { apiVersion: 'v1', command: 'x', env: [{ name: 'A', value: 1 }] } }),
      PLUGIN_TYPES,
    ],
    [
      'a string for a boolean',
      () => write({}, { 'insecure-skip-tls-verify': 'yes please' }),
      /insecure-skip-tls-verify must be true or false/,
    ],
    ['a token and a password', () => write({ token: 'a', username: 'jane' }), /both a token and a username or password/],
    ['a token file and a password', () => write({ tokenFile: 'a', password: 'b' }), /both a token and a username or password/],
    ['groups without a user', () => write({ 'as-groups': ['admins'] }), /as-uid, as-groups or as-user-extra without "as"/],
    ['a uid without a user', () => write({ 'as-uid': '7' }), /without "as"/],
    ['an auth provider', () => write({ 'auth-provider': { name: 'oidc', config: {} } }), /auth-provider, which is not supported; use exec/],
    ['a plugin without command', () => write({ exec: { apiVersion: 'v1' } }), /exec.command must name a program/],
    ['a plugin without version', () => write({ exec: { command: 'x' } }), /exec.apiVersion must be set/],
    ['a certificate without its key', () => write({ 'client-certificate-data': base64(PEM) }), /client certificate without its key/],
    [
      'a certificate as data and as a file',
      () => write({ 'client-certificate-data': base64(PEM), 'client-certificate': 'a' }),
      /both client-certificate and client-certificate-data/,
    ],
    [
      'a key as data and as a file',
      () => write({ 'client-certificate-data': base64(PEM), 'client-key-data': base64(KEY), 'client-key': 'a' }),
      /both client-key and client-key-data/,
    ],
    [
      'an authority as data and as a file',
      () => write({}, { 'certificate-authority-data': base64(PEM), 'certificate-authority': 'a' }),
      /both certificate-authority and certificate-authority-data/,
    ],
    ['data that is not PEM', () => write({}, { 'certificate-authority-data': 'hello' }), /certificate-authority-data is not PEM in base64/],
    [
      'an authority together with insecure-skip-tls-verify',
      () => write({}, { 'certificate-authority-data': base64(PEM), 'insecure-skip-tls-verify': true }),
      /both a certificate authority and insecure-skip-tls-verify/,
    ],
    ['a token file that is missing', () => write({ tokenFile: 'gone' }), /gone, named by the kubeconfig .* cannot be read/],
    ['plain http to another machine', () => write({}, { server: 'http://10.0.0.1:8080' }), /must be https/],
    ['a proxy', () => write({}, { 'proxy-url': 'http://127.0.0.1:3128' }), /proxy-url, which is not supported/],
    ['a certificate file that is missing', () => write({}, { 'certificate-authority': 'gone.crt' }), /gone\.crt.* cannot be read/],
  ])('names the problem: %s', async (_name, prepare, message) => {
    await prepare();
    const failure = loadKubeConnection({ kubeconfig });
    await expect(failure).rejects.toThrow(KubeConfigError);
    await expect(failure).rejects.toThrow(message);
  });

  it('repeats no content of a file that is not YAML', async () => {
    await writeFile(kubeconfig, 'token: "hush\n{{{');
    const error: unknown = await loadKubeConnection({ kubeconfig }).catch((caught: unknown) => caught);
    expect(inspect(error, { depth: 9 })).not.toContain('hush');
  });

  it('without a kubeconfig looks where kubectl does, and reports when it finds nothing', async () => {
    await write({ token: 'abc' });
    jest.replaceProperty(process, 'env', { KUBECONFIG: kubeconfig });
    expect((await loadKubeConnection()).namespace).toBe('team-a');
    jest.replaceProperty(process, 'env', { HOME: directory });
    await expect(loadKubeConnection()).rejects.toThrow('No kubeconfig and no ServiceAccount of a pod found');
    jest.replaceProperty(process, 'env', { KUBECONFIG: '/nope' });
    await expect(loadKubeConnection()).rejects.toThrow('found; correct KUBECONFIG, whose files do not exist or are empty: /nope');
    jest.replaceProperty(process, 'env', { KUBECONFIG: '/nope:/gone' });
    await expect(loadKubeConnection()).rejects.toThrow('correct KUBECONFIG, whose files do not exist or are empty: /nope, /gone');
  });

  it('connects by http on this machine, for a sandbox', async () => {
    const server = await ApiServer.start((_request, response) => json(response, 200, { metadata: { name: 'x', resourceVersion: '1' } }));
    const extra = { 'example.com/Scopes%': ['a', 'b'], plain: ['c'] };
    await write(
      { token: 'abc', as: 'jane', 'as-uid': '7', 'as-groups': ['devs', 'ops'], 'as-user-extra': extra },
      { server: `${server.url}/cluster/` },
    );
    const client = KubeClient.fromConnection(await loadKubeConnection({ kubeconfig }));
    await client.get(ConfigMaps, { namespace: 'a', name: 'x' });
    expect(server.requests[0]?.url.pathname).toBe('/cluster/api/v1/namespaces/a/configmaps/x');
    expect(server.requests[0]?.headers).toMatchObject({
      authorization: 'Bearer abc',
      'impersonate-user': 'jane',
      'impersonate-uid': '7',
      'impersonate-group': 'devs, ops',
      'impersonate-extra-example.com%2fscopes%25': 'a, b',
      'impersonate-extra-plain': 'c',
    });
    await client.close();
    await server.close();
  });
});

function fail(): never {
  throw new Error('no header');
}
