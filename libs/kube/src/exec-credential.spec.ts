import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { ManualClock } from '@oci-connector/testing-kit';
import { stringify } from 'yaml';
import { KubeConfigError } from './kube.errors';
import { loadKubeConnection } from './kube-connection';

describe('execCredential', () => {
  let directory: string;
  let kubeconfig: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'exec-credential-'));
    kubeconfig = join(directory, 'config');
  });

  afterEach(() => rm(directory, { recursive: true }));

  async function write(user: object): Promise<void> {
    const config = {
      clusters: [{ name: 'c', cluster: { server: 'https://api.example' } }],
      users: [{ name: 'u', user }],
      contexts: [{ name: 'here', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'here',
    };
    await writeFile(kubeconfig, stringify(config));
  }

  const header = async (): Promise<string | undefined> =>
    (await (await loadKubeConnection({ kubeconfig, clock: new ManualClock() })).credential.authorization())?.reveal();

  it('starts an exec plugin whose path is relative to the kubeconfig', async () => {
    const answer = '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"t"}}';
    await writeFile(join(directory, 'plugin'), `#!/bin/sh\necho '${answer}'\n`, { mode: 0o755 });
    await write({ exec: { apiVersion: 'client.authentication.k8s.io/v1', command: './plugin' } });
    expect(await header()).toBe('Bearer t');
  });

  it('refuses an exec plugin that returns a certificate, which would expire unnoticed', async () => {
    const answer = JSON.stringify({ status: { clientCertificateData: 'a certificate', clientKeyData: 'a key' } });
    await write({ exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'printf', args: ['%s', answer] } });
    const { credential } = await loadKubeConnection({ kubeconfig });
    await expect(credential.authorization()).rejects.toMatchObject({
      code: 'CredentialUnavailable',
      cause: expect.any(KubeConfigError) as Error,
    });
  });

  it('runs an exec plugin, and runs it again after a refusal', async () => {
    const count = join(directory, 'count');
    const answer = `{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"expirationTimestamp":"2100-01-01T00:00:00Z","token":"t%s"}}`;
    await write({
      exec: {
        apiVersion: 'client.authentication.k8s.io/v1',
        command: 'sh',
        args: ['-c', `echo x >> ${count}; printf '${answer}' $(wc -l < ${count})`],
      },
    });
    const { credential } = await loadKubeConnection({ kubeconfig, clock: new ManualClock() });
    const first = await credential.authorization();
    expect(first?.reveal()).toBe('Bearer t1');
    expect((await credential.authorization())?.reveal()).toBe('Bearer t1');
    credential.rejected(first ?? fail('no credential'));
    expect((await credential.authorization())?.reveal()).toBe('Bearer t2');
  });

  it('tells an exec plugin the version of the API, and gives it the variables of this process', async () => {
    const script = `test -n "$PATH" && test "$A" = b && printf '{"status":{"token":"%s"}}' "$(printf %s "$KUBERNETES_EXEC_INFO" | base64 -w0)"`;
    const apiVersion = 'client.authentication.k8s.io/v1';
    await write({ exec: { apiVersion, command: 'sh', args: ['-c', script], env: [{ name: 'A', value: 'b' }] } });
    const info = Buffer.from((await header())?.replace('Bearer ', '') ?? '', 'base64').toString();
    expect(JSON.parse(info)).toEqual({ kind: 'ExecCredential', apiVersion, spec: { interactive: false } });
  });

  it('runs an exec plugin again when its token has expired, and not before', async () => {
    const count = join(directory, 'count');
    const answer = '{"status":{"expirationTimestamp":"1970-01-01T00:10:00Z","token":"t%s"}}';
    const script = `echo x >> ${count}; printf '${answer}' $(wc -l < ${count})`;
    await write({ exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'sh', args: ['-c', script] } });
    const clock = new ManualClock(0);
    const { credential } = await loadKubeConnection({ kubeconfig, clock });
    const value = async (): Promise<string | undefined> => (await credential.authorization())?.reveal();
    expect(await value()).toBe('Bearer t1');
    clock.advance(9 * 60_000);
    expect(await value()).toBe('Bearer t1');
    clock.advance(2 * 60_000);
    expect(await value()).toBe('Bearer t2');
  });

  it.each([
    ['does not exist', { command: '/nonexistent/plugin' }, /cannot be started \(ENOENT\)/],
    ['fails', { command: 'sh', args: ['-c', 'echo abc; exit 3'] }, /"sh" ended with status 3/],
    ['prints something else', { command: 'echo', args: ['{"token": "abc"'] }, /did not print an ExecCredential/],
  ])('C14 log leakage: an exec plugin that %s is an error without its output', async (_name, exec, message) => {
    await write({ exec: { apiVersion: 'client.authentication.k8s.io/v1', ...exec } });
    const { credential } = await loadKubeConnection({ kubeconfig });
    const error = (await credential.authorization().catch((thrown: unknown) => thrown)) as Error & { cause: Error };
    expect(error.cause).toBeInstanceOf(KubeConfigError);
    expect(error.cause.message).toMatch(message);
    expect(inspect(error)).not.toContain('abc');
  });
});
