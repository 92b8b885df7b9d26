import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { stringify } from 'yaml';
import { ApiServer, json } from '../test/api-server';
import { ManualClock } from '../test/manual-clock';
import { KubeConfigError } from './kube.errors';
import { KubeClient } from './kube-client';
import { loadKubeConnection } from './kube-connection';
import { ConfigMaps } from './resource-type';

const PEM = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
const KEY = '-----BEGIN PRIVATE KEY-----\nBBBB\n-----END PRIVATE KEY-----\n';
const base64 = (text: string): string => Buffer.from(text).toString('base64');

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

// Transforming and loading the hundreds of files of client-node takes long the first time; no test is to be measured by that.
beforeAll(() => import('@kubernetes/client-node'), 120_000);

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kubeconfig-'));
  kubeconfig = join(directory, 'config');
});

afterEach(async () => {
  jest.restoreAllMocks();
  await rm(directory, { recursive: true });
});

describe('loadKubeConnection', () => {
  it('reads server, certificates and namespace, and keeps the key to itself', async () => {
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
      impersonateUser: 'jane',
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
  ])('knows who we are by %s', async (_name, user, expected) => {
    await write(user);
    expect(await header()).toBe(expected);
  });

  it('reads a token file beside the kubeconfig again and again', async () => {
    const clock = new ManualClock();
    await write({ tokenFile: 'token' });
    await writeFile(join(directory, 'token'), 'one\n');
    const { credential } = await loadKubeConnection({ kubeconfig, clock });
    expect((await credential.authorization())?.reveal()).toBe('Bearer one');
    await writeFile(join(directory, 'token'), 'two\n');
    clock.advance(60_000);
    expect((await credential.authorization())?.reveal()).toBe('Bearer two');
  });

  it('reads the token file of a pod, as client-node describes it, again and again', async () => {
    const clock = new ManualClock();
    const tokenFile = join(directory, 'token');
    await write({ 'auth-provider': { name: 'tokenFile', config: { tokenFile } } });
    await writeFile(tokenFile, 'one\n');
    const { credential } = await loadKubeConnection({ kubeconfig, clock });
    const first = await credential.authorization();
    expect(first?.reveal()).toBe('Bearer one');
    await writeFile(tokenFile, 'two\n');
    credential.rejected(first ?? fail());
    expect((await credential.authorization())?.reveal()).toBe('Bearer two');
  });

  it('refuses an exec plugin that gives a certificate, which would expire unnoticed', async () => {
    const answer = JSON.stringify({ status: { clientCertificateData: PEM, clientKeyData: KEY } });
    await write({ exec: { command: 'printf', args: ['%s', answer] } });
    const { credential } = await loadKubeConnection({ kubeconfig });
    await expect(credential.authorization()).rejects.toMatchObject({ code: 'CredentialUnavailable', cause: expect.any(KubeConfigError) as Error });
  });

  it('asks an exec plugin, and asks it anew after a refusal', async () => {
    const count = join(directory, 'count');
    const answer = `{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"expirationTimestamp":"2100-01-01T00:00:00Z","token":"t%s"}}`;
    await write({ exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'sh', args: ['-c', `echo x >> ${count}; printf '${answer}' $(wc -l < ${count})`] } });
    const { credential } = await loadKubeConnection({ kubeconfig, clock: new ManualClock() });
    const first = await credential.authorization();
    expect(first?.reveal()).toBe('Bearer t1');
    expect((await credential.authorization())?.reveal()).toBe('Bearer t1');
    credential.rejected(first ?? fail());
    expect((await credential.authorization())?.reveal()).toBe('Bearer t2');
  });

  it.each<[string, () => Promise<void>, RegExp]>([
    ['no file', async () => undefined, /config cannot be read/],
    ['no YAML', () => writeFile(kubeconfig, '{{{'), /config cannot be read/],
    ['an unknown context', () => write({}, {}, 'elsewhere'), /current-context "elsewhere" names no cluster/],
    ['a server that is no URL', () => write({}, { server: 'kubernetes' }), /"kubernetes" of cluster "c" is not a URL/],
    ['plain http to another machine', () => write({}, { server: 'http://10.0.0.1:8080' }), /must be https/],
    ['a proxy', () => write({}, { 'proxy-url': 'http://127.0.0.1:3128' }), /proxy-url, which is not supported/],
    ['a certificate file that is missing', () => write({}, { 'certificate-authority': 'gone.crt' }), /gone\.crt.* cannot be read/],
  ])('says what is wrong: %s', async (_name, prepare, message) => {
    await prepare();
    const failure = loadKubeConnection({ kubeconfig });
    await expect(failure).rejects.toThrow(KubeConfigError);
    await expect(failure).rejects.toThrow(message);
  });

  it('without a kubeconfig looks where kubectl does, and says when nothing is there', async () => {
    await write({ token: 'abc' });
    jest.replaceProperty(process, 'env', { KUBECONFIG: kubeconfig });
    expect((await loadKubeConnection()).namespace).toBe('team-a');
    jest.replaceProperty(process, 'env', { HOME: directory });
    await expect(loadKubeConnection()).rejects.toThrow('No kubeconfig and no ServiceAccount of a pod found');
  });

  it('connects: http on this machine is good enough for a sandbox', async () => {
    const server = await ApiServer.start((_request, response) => json(response, 200, { metadata: { name: 'x', resourceVersion: '1' } }));
    await write({ token: 'abc', as: 'jane' }, { server: `${server.url}/cluster/` });
    const client = KubeClient.fromConnection(await loadKubeConnection({ kubeconfig }));
    await client.get(ConfigMaps, { namespace: 'a', name: 'x' });
    expect(server.requests[0]?.url.pathname).toBe('/cluster/api/v1/namespaces/a/configmaps/x');
    expect(server.requests[0]?.headers).toMatchObject({ authorization: 'Bearer abc', 'impersonate-user': 'jane' });
    await client.close();
    await server.close();
  });
});

function fail(): never {
  throw new Error('no header');
}
