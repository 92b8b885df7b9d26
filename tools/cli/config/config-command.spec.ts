import { appendFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { decodeTokenUnverified } from '@oci-connector/kube';
import { Sensitive } from '@oci-connector/sensitive';
import { PASSWORD } from '../test/check-world';
import { useCheckWorld, useDirectory } from '../test/test-worlds';

const test = useCheckWorld();
const directory = useDirectory();

const AS = ['--as', 'builds/builder'];

/** Returns the token in a config.json, for the host of the proxy. */
function tokenIn(configJson: string): string {
  const { auths } = JSON.parse(configJson) as { auths: Record<string, { auth: string }> };
  const login = Buffer.from(auths[`proxy.test:${test.servers.proxy.port}`]?.auth ?? '', 'base64').toString();
  return login.slice('connectors:'.length);
}

describe('connectors config', () => {
  it('prints how to log in, and neither requests a token nor reads a Secret', async () => {
    const { status, stdout, stderr } = await test.cluster.run(['config', 'team/harbor']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain(`  proxy.test:${test.servers.proxy.port}/namespaces/team/connectors/harbor/REPOSITORY:TAG\n`);
    expect(stdout).toContain(`docker login --username connectors --password-stdin proxy.test:${test.servers.proxy.port}\n`);
    expect(stdout).toContain('--audience connectors-proxy ');
    expect(test.cluster.api.requests.count({ resource: 'serviceaccounts/token' })).toBe(0);
    expect(test.cluster.api.requests.count({ resource: 'secrets' })).toBe(0);
  });

  it('prints the config.json of the class with a token for the proxy, and no credential of the registry', async () => {
    const { status, stdout, stderr } = await test.cluster.run(['config', 'team/harbor', ...AS, '--duration', '30m']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const token = decodeTokenUnverified(new Sensitive(tokenIn(stdout)));
    expect(token).toMatchObject({ audiences: ['connectors-proxy'] });
    expect(test.cluster.api.requests.count({ resource: 'serviceaccounts/token' })).toBe(1);
    expect(stdout).not.toContain(PASSWORD);
    expect(stdout).not.toContain(Buffer.from(`robot:${PASSWORD}`).toString('base64'));
    expect(test.cluster.api.requests.count({ resource: 'secrets' })).toBe(0);
  });

  it('writes the files that a volume would have, for the user only, and says how to use them without the token', async () => {
    const target = path.join(directory.path, 'new/login');
    const first = await test.cluster.run(['config', 'team/harbor', ...AS, '--directory', target]);
    expect(first.status).toBe(0);
    expect(readdirSync(target).sort()).toEqual([
      '.env',
      '.written-by-connectors',
      'ca-bundle.crt',
      'ca.crt',
      'config.json',
      'connector.status.proxyAddress',
      'context.proxy.caCert',
      'context.token',
      'env.sh',
      'http.proxy',
      'https.proxy',
    ]);
    const token = readFileSync(path.join(target, 'context.token'), 'utf8');
    expect(tokenIn(readFileSync(path.join(target, 'config.json'), 'utf8'))).toBe(token);
    expect(readFileSync(path.join(target, 'ca.crt'), 'utf8')).toBe(test.servers.authority.caPem);
    for (const name of readdirSync(target)) {
      expect((statSync(path.join(target, name)).mode & 0o777).toString(8)).toBe('600');
    }
    expect((statSync(target).mode & 0o777).toString(8)).toBe('700');
    expect(first.stdout).toContain(`export DOCKER_CONFIG=${target}\n`);
    expect(first.stdout + first.stderr).not.toContain(token);
    const second = await test.cluster.run(['config', 'team/harbor', ...AS, '--directory', target]);
    expect(second.status).toBe(0);
    expect(readFileSync(path.join(target, 'context.token'), 'utf8')).not.toBe(token);
  });

  it('removes the files of an earlier run, and no others', async () => {
    const target = path.join(directory.path, 'login');
    const write = (...args: string[]) => test.cluster.run(['config', 'team/harbor', ...AS, '--directory', target, ...args]);
    expect((await write('--configuration', 'registries', '--configuration', 'buildkitd')).status).toBe(0);
    const before = readdirSync(target);
    expect(before).toEqual(expect.arrayContaining(['registries.conf', 'buildkitd.toml']));
    writeFileSync(path.join(target, 'notes.txt'), 'of the user');
    // Not a name that the command writes: it must not reach files elsewhere.
    writeFileSync(path.join(directory.path, 'outside.txt'), 'of the user');
    appendFileSync(path.join(target, '.written-by-connectors'), '../outside.txt\n');
    expect((await write()).status).toBe(0);
    const after = readdirSync(target);
    expect(after).toEqual(expect.arrayContaining(['config.json', 'context.token', 'notes.txt']));
    expect(after).not.toEqual(expect.arrayContaining(['registries.conf']));
    expect(after).not.toEqual(expect.arrayContaining(['buildkitd.toml']));
    expect(readFileSync(path.join(directory.path, 'outside.txt'), 'utf8')).toBe('of the user');
  });

  it.each([
    ['a file', (place: string) => writeFileSync(place, ''), 'EEXIST'],
    ['below a file', (place: string) => writeFileSync(path.dirname(place), ''), 'ENOTDIR'],
  ])('exits with status 1 when the directory is %s, and requests no token', async (_what, make, code) => {
    const target = path.join(directory.path, 'a/b');
    if (code === 'EEXIST') {
      mkdirSync(path.dirname(target));
    }
    make(target);
    const { status, stderr } = await test.cluster.run(['config', 'team/harbor', ...AS, '--directory', target]);
    expect(status).toBe(1);
    expect(stderr).toMatch(new RegExp(`^--directory: cannot use .* \\(${code}\\); name a directory that you may write to\\n$`));
    expect(test.cluster.api.requests.count({ resource: 'serviceaccounts/token' })).toBe(0);
  });

  it('says which permission is missing, and writes nothing', async () => {
    const target = path.join(directory.path, 'login');
    const user = { namespace: 'connectors-system', name: 'connectors-csi' };
    const { status, stdout, stderr } = await test.cluster.run(['config', 'team/harbor', ...AS, '--directory', target], {}, user);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^you lack a permission: connectors.connectors.alauda.io "harbor" is forbidden: .*\n$/);
  });

  it('changes no directory that it did not write', async () => {
    const docker = path.join(directory.path, '.docker');
    mkdirSync(docker);
    writeFileSync(path.join(docker, 'config.json'), '{}');
    const { status, stderr } = await test.cluster.run(['config', 'team/harbor', ...AS, '--directory', docker]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^--directory: .* has files that this command did not write; name another directory\n$/);
    expect(readdirSync(docker)).toEqual(['config.json']);
    expect(readFileSync(path.join(docker, 'config.json'), 'utf8')).toBe('{}');
    expect(test.cluster.api.requests.count({ resource: 'serviceaccounts/token' })).toBe(0);
  });

  it('says how to reach an address of the cluster', async () => {
    const url = 'http://c-harbor.team.svc.cluster.local/namespaces/team/connectors/harbor';
    test.cluster.changeStatus({ proxy: { httpAddress: { url } } });
    const { status, stderr } = await test.cluster.run(['config', 'team/harbor']);
    expect(status).toBe(0);
    expect(stderr).toContain('has an address only inside of the cluster. Set OCI_CONNECTOR_EXTERNAL_HTTPS_URL');
    expect(stderr).toContain('kubectl port-forward --namespace connectors-system service/connectors-proxy-service 8080:80\n');
  });

  it.each<[string, () => void, readonly string[], RegExp]>([
    [
      'the Connector is missing',
      () => test.cluster.delete('Connector', 'harbor', 'team'),
      [],
      /^Connector "harbor" does not exist in namespace "team"\n$/,
    ],
    [
      'there is no address',
      () => test.cluster.changeStatus({ proxy: {} }),
      [],
      /^Connector team\/harbor has no address yet; see why: connectors check/,
    ],
    [
      'the ServiceAccount is missing',
      () => test.cluster.delete('ServiceAccount', 'builder', 'builds'),
      AS,
      /^ServiceAccount "builder" does not exist in namespace "builds"; create it: kubectl create serviceaccount builder/,
    ],
    [
      'the configuration has several files',
      () => undefined,
      [...AS, '--configuration', 'registry-config', '--configuration', 'registries'],
      /has 2 files; choose one with --configuration \(registry-config, docker-config, buildkitd, registries\), or write files with --directory/,
    ],
    [
      'the configuration does not exist',
      () => undefined,
      [...AS, '--configuration', 'npm'],
      /has 0 files; choose one with --configuration/,
    ],
  ])('exits with status 1 when %s', async (_name, plant, args, message) => {
    plant();
    const { status, stdout, stderr } = await test.cluster.run(['config', 'team/harbor', ...args]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(message);
  });

  it.each([
    [['--duration', '30m'], /^--duration: needs --as/],
    [['--directory', '/tmp'], /^--directory: needs --as/],
    [['--configuration', 'registries'], /^--configuration: needs --as/],
    [[...AS, '--duration', '5m'], /^--duration: "5m" is not a time of at least 10m/],
    [[...AS, '--directory', ''], /^--directory: the name is empty/],
  ])('%j exits with status 2', async (args, message) => {
    const { status, stderr } = await test.cluster.run(['config', 'team/harbor', ...args]);
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
  });
});
