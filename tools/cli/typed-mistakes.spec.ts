import { mkdirSync } from 'node:fs';
import { TcpServer } from '@oci-connector/testing-kit';
import { type CommandRun, runCommand } from './test/captured-world';
import { useDirectory, useKubeApi } from './test/test-worlds';

const directory = useDirectory();

/** Every mistake has a message, and no stack. */
function expectMessage({ status, stdout, stderr }: CommandRun, message: RegExp): void {
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toMatch(message);
  expect(stderr).not.toMatch(/^\s+at /m);
}

describe('arguments that no command has', () => {
  it.each<[readonly string[], RegExp]>([
    [['check'], /^name one Connector: connectors check NAMESPACE\/NAME\n/],
    [['check', 'a/b', 'c/d'], /^name one Connector/],
    [['check', 'a/b', '--as'], /--as/],
    [['check', 'a/b', '--unknown'], /^Unknown option '--unknown'/],
    [['check', 'a/b', '--timeout', '1.5'], /^--timeout: "1.5" is not a number of seconds/],
    [['check', 'a/b', '--timeout', '601'], /^--timeout: "601" is not a number of seconds/],
    [['check', 'a/b', '--use', 'read', '--as', 'a/b'], /^--use: "read" is not one of pull, push, delete/],
    [['check', 'a/b', '--kubeconfig', ''], /^--kubeconfig: the name of the file is empty/],
    [['lint', 'file.yaml', '-f', '.'], /^Unexpected argument 'file.yaml'/],
    [['lint', '-f', 'https://'], /^--filename: https:\/\/ is not a URL/],
    [['config', 'a/b', '--configuration', 'npm'], /^--configuration: needs --as/],
    [['config', 'a/b', '--as', 'a/b', '--duration', ''], /^--duration: "" is not a time/],
    [['self-test', 'a/b', '--port', '70000'], /^--port: "70000" is not a port/],
    [['clean-up', '--force=yes'], /--force/],
    [['version', 'now'], /^Unexpected argument 'now'/],
  ])('%j', async (args, message) => {
    expectMessage(await runCommand(args), message);
  });
});

describe('a kubeconfig', () => {
  const cluster = { server: 'https://127.0.0.1:1' };
  const kubeconfig = (parts: object): string =>
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'c', cluster }],
      users: [{ name: 'u', user: { token: 't' } }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
      ...parts,
    });
  const user = (fields: object): string => kubeconfig({ users: [{ name: 'u', user: fields }] });
  const server = (fields: object): string => kubeconfig({ clusters: [{ name: 'c', cluster: { ...cluster, ...fields } }] });

  it.each<[string, string, RegExp]>([
    ['is not YAML', 'a: [', /kubeconfig/],
    ['is a list', '[]', /is not a kubeconfig/],
    ['has no context', kubeconfig({ 'current-context': '' }), /current-context is not set/],
    ['names a file that does not exist', user({ 'client-certificate': '/nowhere.crt' }), /\/nowhere.crt/],
    ['names a token file that does not exist', user({ tokenFile: '/nowhere.token' }), /\/nowhere.token/],
    ['has certificates that are none', server({ 'certificate-authority-data': 'eA==' }), /certificate-authority-data is not PEM/],
    [
      'has a broken client certificate',
      user({
        'client-certificate-data': Buffer.from('-----BEGIN CERTIFICATE-----\nx').toString('base64'),
        'client-key-data': Buffer.from('-----BEGIN PRIVATE KEY-----\nx').toString('base64'),
      }),
      /certificate|PEM|key/,
    ],
    ['has an address that is none', server({ server: 'cluster' }), /is not a URL/],
    ['has an address without TLS', server({ server: 'http://cluster.test' }), /must be https/],
    ['leads to a name without an address', server({ server: 'https://absent.invalid' }), /absent.invalid|API server/],
  ])('that %s', async (_name, text, message) => {
    const file = directory.write('kubeconfig', text);
    expectMessage(await runCommand(['check', 'team/harbor', '--kubeconfig', file]), message);
  });

  it('that names a program that does not exist', async () => {
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: '/nowhere', interactiveMode: 'Never' };
    const file = directory.write('kubeconfig', user({ exec }));
    const message =
      /^The credential for the API server cannot be read: .*exec.command "\/nowhere" cannot be started \(ENOENT\); compare with: kubectl cluster-info$/m;
    expectMessage(await runCommand(['clean-up', '--force', '--kubeconfig', file]), message);
  });

  it('that is a directory', async () => {
    expectMessage(await runCommand(['check', 'team/harbor', '--kubeconfig', directory.path]), / cannot be read$/m);
  });
});

describe('a variable of the environment', () => {
  const api = useKubeApi();

  it.each<[string, string, RegExp]>([
    ['OCI_CONNECTOR_CA_BUNDLE', '/nowhere.pem', /OCI_CONNECTOR_CA_BUNDLE: \/nowhere.pem cannot be read/],
    ['OCI_CONNECTOR_NAMESPACE', 'No_Namespace', /OCI_CONNECTOR_NAMESPACE/],
    ['OCI_CONNECTOR_EGRESS_ALLOW_CIDRS', 'everywhere', /OCI_CONNECTOR_EGRESS_ALLOW_CIDRS/],
    ['OCI_CONNECTOR_KUBECONFIG', '/nowhere.yaml', /\/nowhere.yaml cannot be read/],
  ])('%s=%s', async (name, value, message) => {
    const args = name === 'OCI_CONNECTOR_KUBECONFIG' ? [] : api.kubeconfig();
    expectMessage(await runCommand(['check', 'team/harbor', ...args], { environment: { [name]: value } }), message);
  });
});

describe('an API server', () => {
  it('that does not answer', async () => {
    const silent = await TcpServer.start(() => undefined);
    const kubeconfig = {
      clusters: [{ name: 'c', cluster: { server: `http://127.0.0.1:${silent.port}` } }],
      contexts: [{ name: 'x', context: { cluster: 'c' } }],
      'current-context': 'x',
    };
    const file = directory.write('kubeconfig', JSON.stringify(kubeconfig));
    try {
      expectMessage(await runCommand(['check', 'team/harbor', '--timeout', '1', '--kubeconfig', file]), /no answer in time/);
    } finally {
      await silent.close();
    }
  });
});

describe('a file for lint', () => {
  it.each<[string, () => string, RegExp]>([
    ['that is a directory without manifests', () => directory.path, /has no file that ends in \.json, \.yaml, \.yml/],
    ['that is empty', () => directory.write('x.yaml', ''), /^there is no Connector and no ConnectorClass in /],
    ['that has only scalars', () => directory.write('x.yaml', 'x\n---\n7\n'), /^there is no Connector/],
    [
      'behind a port at which nothing listens',
      () => 'http://127.0.0.1:1/x.yaml',
      /^--filename: cannot read http:\/\/127.0.0.1:1\/x.yaml: /,
    ],
  ])('%s', async (_name, source, message) => {
    expectMessage(await runCommand(['lint', '-f', source()]), message);
  });

  it('that is below a directory with the name of a manifest', async () => {
    mkdirSync(`${directory.path}/x.yaml`);
    expectMessage(await runCommand(['lint', '-f', `${directory.path}`]), /has no file that ends in/);
  });
});
