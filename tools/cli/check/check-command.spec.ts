import { TcpServer } from '@oci-connector/testing-kit';
import { type CheckRun } from '../test/check-world';
import { useCheckWorld } from '../test/test-worlds';
import { CHECKS } from './check-report';

const test = useCheckWorld();

const AS = ['--as', 'builds/builder'];

function states({ results }: CheckRun): Record<string, string> {
  return Object.fromEntries(results.map(({ check, state }) => [check, state]));
}

function everything(state: string): Record<string, string> {
  return Object.fromEntries(CHECKS.map((check) => [check, state]));
}

describe('connectors check', () => {
  it('passes every check of a Connector that works, and says before what it sends where', async () => {
    const before = { registry: test.servers.registry.requests.length, proxy: test.servers.proxy.requests.length };
    const sentBefore: unknown[] = [];
    const run = await test.cluster.check([...AS, '--image', 'library/alpine:3.20'], {
      onNote: () => {
        const asked = test.servers.registry.requests.slice(before.registry).map(({ headers }) => headers['authorization']);
        sentBefore.push({
          logins: asked.filter((login) => login !== undefined).length,
          proxied: test.servers.proxy.requests.length - before.proxy,
        });
      },
    });
    expect(states(run)).toEqual(everything('passed'));
    expect(sentBefore).toEqual([
      { logins: 0, proxied: 0 },
      { logins: expect.any(Number) as number, proxied: 0 },
    ]);
    expect(run.status).toBe(0);
    expect(run.sent).toEqual([
      `sending the credential of Secret "login" to https://registry.test:${test.servers.registry.port}`,
      `sending a token of ServiceAccount builds/builder (audience connectors-proxy, valid for 10 minutes) to https://proxy.test:${test.servers.proxy.port}`,
    ]);
    expect(run.stderr).toBe(run.sent.map((line) => `→ ${line}\n`).join(''));
    const { method, url, headers } = test.servers.proxy.requests.at(-1) ?? {};
    expect([method, url]).toEqual(['HEAD', '/namespaces/team/connectors/harbor/v2/library/alpine/manifests/3.20']);
    const login = Buffer.from(headers?.authorization?.slice('Basic '.length) ?? '', 'base64').toString();
    const token = login.slice('connectors:'.length);
    expect(token).toMatch(/^ey/);
    expect(run.stdout + run.stderr).not.toContain(token);
  });

  it('prints a table that can be read, wrapped at the width of the terminal', async () => {
    test.cluster.delete('Secret', 'login', 'team');
    const { stdout, status } = await test.cluster.run(['check', 'team/harbor'], { columns: 80 });
    expect(status).toBe(1);
    const lines = stdout.split('\n');
    expect(lines.slice(0, 7)).toEqual([
      'Connector team/harbor, checked from this machine, not from the cluster',
      '',
      'CHECK        RESULT   DETAIL',
      `connector    ok       https://registry.test:${test.servers.registry.port}, class oci`,
      'class        ok       oci, protocol oci',
      'secret       FAILED   Secret "login" does not exist in namespace "team"; create',
      '                      it with type cpaas.io/distribution-registry-token',
    ]);
    expect(stdout).toContain('\ntoken        skipped  needs the check secret, which failed\n');
    expect(stdout).toMatch(/\n\n13 ok, 1 failed, 3 skipped\n$/);
  });

  it('sends neither the credential nor a token with --no-credential', async () => {
    const before = test.servers.registry.requests.length;
    const ofProxy = test.servers.proxy.requests.length;
    const run = await test.cluster.check([...AS, '--no-credential']);
    expect(states(run)).toEqual({ ...everything('passed'), token: 'skipped', request: 'skipped' });
    expect(run.sent).toEqual([]);
    expect(test.servers.registry.requests.slice(before).map(({ headers }) => headers['authorization'])).toEqual([undefined, undefined]);
    expect(test.servers.proxy.requests).toHaveLength(ofProxy);
  });

  it('skips what the user may not read, and fails nothing', async () => {
    test.cluster.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace: 'team', name: 'viewer' } });
    const rules = [{ apiGroups: ['connectors.alauda.io'], resources: ['connectors', 'connectorclasses'], verbs: ['get'] }];
    test.cluster.apply({ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: 'viewer' }, rules });
    test.cluster.apply({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'viewer' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'viewer' },
      subjects: [{ kind: 'ServiceAccount', namespace: 'team', name: 'viewer' }],
    });
    test.cluster.change({ caCertSecretRef: undefined, address: `http://registry.test:${test.servers.registry.port}` });
    const run = await test.cluster.check(AS, {}, { namespace: 'team', name: 'viewer' });
    expect(states(run)).toMatchObject({ connector: 'passed', class: 'passed', secret: 'skipped', service: 'skipped', proxy: 'skipped' });
    expect(run.results.find(({ check }) => check === 'secret')?.message).toMatch(/^you lack a permission: secrets "login" is forbidden/);
  });

  it('exits with status 2 for a user who may not read the Connector', async () => {
    test.cluster.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace: 'team', name: 'stranger' } });
    const run = await test.cluster.check([], {}, { namespace: 'team', name: 'stranger' });
    expect(run.results[0]).toMatchObject({
      check: 'connector',
      state: 'skipped',
      message: expect.stringMatching(/^you lack a permission: /) as string,
    });
    expect(run.results.filter(({ state }) => state !== 'skipped')).toEqual([]);
    expect(run.status).toBe(2);
  });

  it('runs with the permissions of the controller, in its pod', async () => {
    const user = { namespace: 'connectors-system', name: 'connectors-controller' };
    const alone = await test.cluster.check([], {}, user);
    expect(states(alone)).toEqual({ ...everything('passed'), permission: 'skipped', request: 'skipped' });
    expect(alone.status).toBe(0);
    const as = await test.cluster.check(AS, {}, user);
    expect(as.results.find(({ check }) => check === 'permission')).toMatchObject({
      state: 'skipped',
      message: expect.stringMatching(/^you lack a permission: serviceaccounts "builder" is forbidden/) as string,
    });
  });

  it('does not count an address of the cluster as a fault outside of it', async () => {
    const url = 'http://c-harbor.team.svc.cluster.local/namespaces/team/connectors/harbor';
    test.cluster.changeStatus({ proxy: { httpAddress: { url, audience: 'connectors-proxy' } } });
    const outside = await test.cluster.check(AS);
    expect(outside.status).toBe(0);
    expect(outside.results.at(-1)).toMatchObject({
      check: 'request',
      state: 'skipped',
      message: expect.stringContaining('kubectl exec') as string,
    });
    const inside = await test.cluster.check(AS, { environment: { KUBERNETES_SERVICE_HOST: '10.0.0.1' } });
    expect(inside.results.at(-1)).toMatchObject({ check: 'request', state: 'failed' });
    expect(inside.status).toBe(1);
  });

  it.each([
    [['check', 'team/harbor', '--context', 'elsewhere'], /context "elsewhere" does not exist/],
    [['check', 'harbor'], /"harbor" is not NAMESPACE\/NAME\nsee connectors --help/],
    [['check', 'team/harbor', '--use', 'push'], /--use: needs --as/],
    [['check', 'team/harbor', '--as', 'builder'], /--as: "builder" is not NAMESPACE\/NAME/],
    [['check', 'team/harbor', '--as', 'a/b', '--image', 'docker.io/Library/x'], /--image: .* leave out the host/],
    [['check', 'team/harbor', '--output', 'yaml'], /--output: "yaml" is not json/],
    [['check', 'team/harbor', '--timeout', '0'], /--timeout: "0" is not a number of seconds/],
    [['chek'], /unknown command: chek; choose one of check, lint, config, crds, clean-up, self-test, version/],
  ])('%j exits with status 2', async (args, message) => {
    const { status, stdout, stderr } = await test.cluster.run(args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });

  it('reports a proxy that accepts a connection and does not answer', async () => {
    const silent = await TcpServer.start(() => undefined);
    try {
      const url = `http://proxy.test:${silent.port}`;
      test.cluster.changeStatus({ proxy: { httpAddress: { url, audience: 'connectors-proxy' } } });
      const run = await test.cluster.check([...AS, '--timeout', '1']);
      expect(run.status).toBe(1);
      expect(run.results.at(-1)).toEqual({
        check: 'request',
        state: 'failed',
        message: `${url} did not answer within 1 s; see the log of the proxy`,
      });
    } finally {
      await silent.close();
    }
  });

  it('exits with status 2 when the API server cannot be reached', async () => {
    await test.cluster.api.faults.refuseConnections();
    const { status, stderr } = await test.cluster.run(['check', 'team/harbor']);
    expect(status).toBe(2);
    expect(stderr).toMatch(/no connection to the API server \(ECONNREFUSED\); compare with: kubectl cluster-info/);
  });
});
