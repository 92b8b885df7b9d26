import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { testbedTool, TestCertificateAuthority } from '@oci-connector/testing-kit';
import { type KubeApiServer } from './kube-api-server';
import { startKubeApi } from './start-kube-api';

const CONNECTORS = 'connectors.alauda.io/v1alpha1';
const CRDS = path.resolve(__dirname, '../../../../deploy/chart/crds');
/** kubectl needs a fraction of a second to start, on a busy machine longer. */
const TIMEOUT_MS = 60_000;

function connectorYaml(address: string, extra = ''): string {
  return `apiVersion: connectors.alauda.io/v1alpha1
kind: Connector
metadata: {name: hub, namespace: team}
spec:
  connectorClassName: oci
  address: ${address}
${extra}`;
}

describe('kubectl against the embedded Kubernetes API', () => {
  jest.setTimeout(TIMEOUT_MS);
  const program = testbedTool('KUBECTL');
  let server: KubeApiServer;
  let directory: string;
  let env: Record<string, string>;

  beforeAll(async () => {
    const authority = await TestCertificateAuthority.create();
    // kubectl sends no token without TLS.
    server = await startKubeApi({ crds: [CRDS], tls: { ...(await authority.issue({ ips: ['127.0.0.1'] })), ca: authority.caPem } });
    directory = mkdtempSync(path.join(tmpdir(), 'kubectl-'));
    writeFileSync(path.join(directory, 'kubeconfig'), server.kubeconfig());
    env = { KUBECONFIG: path.join(directory, 'kubeconfig'), HOME: directory, PATH: '/usr/bin:/bin' };
    await run('create', 'namespace', 'team');
  });

  afterAll(async () => {
    await server.close();
    rmSync(directory, { recursive: true });
  });

  interface Result {
    readonly code: number;
    readonly output: string;
  }

  const call = (args: readonly string[], input = ''): Promise<Result> =>
    new Promise((resolve) => {
      const child = execFile(program, args, { env }, (error, stdout, stderr) => {
        resolve({ code: error ? 1 : 0, output: `${stdout}${stderr}` });
      });
      child.stdin?.end(input);
    });

  /**
   * Runs kubectl and returns its output.
   *
   * @throws Error when kubectl fails
   */
  async function run(...args: string[]): Promise<string> {
    const { code, output } = await call(args);
    if (code !== 0) {
      throw new Error(`kubectl ${args.join(' ')}: ${output}`);
    }
    return output;
  }

  const apply = (yaml: string): Promise<Result> => call(['apply', '-f', '-'], yaml);

  it('applies an object repeatedly, and prints the columns of the type', async () => {
    expect(await apply(connectorYaml('https://one.example.com'))).toEqual({
      code: 0,
      output: 'connector.connectors.alauda.io/hub created\n',
    });
    expect(await apply(connectorYaml('https://one.example.com'))).toEqual({
      code: 0,
      output: 'connector.connectors.alauda.io/hub unchanged\n',
    });
    expect(await apply(connectorYaml('https://two.example.com'))).toEqual({
      code: 0,
      output: 'connector.connectors.alauda.io/hub configured\n',
    });
    const table = await run('get', 'connectors', '-n', 'team');
    expect(table).toMatch(/^NAME +CLASS +ADDRESS +READY +REASON +AGE\nhub +oci +https:\/\/two\.example\.com +\d+s\n$/);
    expect(await run('get', 'connectors', '-A', '-o', 'name')).toBe('connector.connectors.alauda.io/hub\n');
  });

  it('refuses invalid values and unknown fields', async () => {
    const wrong = await apply(connectorYaml('nonsense'));
    expect(wrong.code).toBe(1);
    expect(wrong.output).toContain('spec.address: Invalid value: "nonsense"');
    const misspelt = await apply(connectorYaml('https://two.example.com', '  adress: x\n'));
    expect(misspelt.code).toBe(1);
    expect(misspelt.output).toContain('unknown field "spec.adress"');
  });

  it('applies, replaces, diffs and deletes a List, and refuses an invalid item', async () => {
    const list = (size: number): string =>
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'List',
        items: [
          { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'listed', namespace: 'team' }, data: { size: String(size) } },
          { apiVersion: 'v1', kind: 'Service', metadata: { name: 'listed', namespace: 'team' }, spec: { ports: [{ port: 80 }] } },
        ],
      });
    expect(await apply(list(1))).toEqual({ code: 0, output: 'configmap/listed created\nservice/listed created\n' });
    expect((await call(['diff', '-f', '-'], list(2))).output).toMatch(/^-  size: "1"\n\+  size: "2"$/m);
    expect((await call(['replace', '-f', '-'], list(2))).output).toBe('configmap/listed replaced\nservice/listed replaced\n');
    expect((await call(['apply', '--dry-run=server', '-f', '-'], list(3))).code).toBe(0);
    expect(server.get({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'team', name: 'listed' })).toMatchObject({ data: { size: '2' } });
    expect((await apply(list(1).replace('"ports"', '"prts"'))).output).toContain('unknown field "spec.prts"');
    expect((await call(['apply', '--server-side', '-f', '-'], list(4))).output).toContain('leave out --server-side');
    expect((await call(['delete', '--cascade=orphan', '-f', '-'], list(2))).code).toBe(0);
  });

  it('describes objects with their events, patches them and sets labels', async () => {
    const hub = server.get({ apiVersion: CONNECTORS, kind: 'Connector', namespace: 'team', name: 'hub' });
    server.apply({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: 'hub.1', namespace: 'team' },
      ...{
        involvedObject: { apiVersion: CONNECTORS, kind: 'Connector', name: 'hub', namespace: 'team', uid: hub?.metadata.uid },
        type: 'Warning',
        reason: 'ConnectionFailed',
        message: 'connection refused',
        lastTimestamp: '2026-01-01T00:00:00Z',
      },
    });
    await run('patch', 'connector', 'hub', '-n', 'team', '--type=merge', '-p', '{"spec":{"address":"https://three.example.com"}}');
    await run('label', 'connector', 'hub', '-n', 'team', 'team=blue');
    const description = await run('describe', 'connector', 'hub', '-n', 'team');
    expect(description).toMatch(/Address: +https:\/\/three\.example\.com/);
    expect(description).toContain('team=blue');
    expect(description).toMatch(/Warning +ConnectionFailed .*connection refused/);
  });

  it('creates Secrets, ServiceAccounts, roles and bindings, which kubectl sends as protobuf', async () => {
    await run('create', 'secret', 'generic', 'plain', '-n', 'team', '--from-literal=username=u', '--from-literal=password=p');
    await run(
      'create',
      'secret',
      'docker-registry',
      'pull',
      '-n',
      'team',
      '--docker-server=https://x',
      '--docker-username=u',
      '--docker-password=p',
    );
    await run('create', 'serviceaccount', 'robot', '-n', 'team');
    await run(
      'create',
      'role',
      'puller',
      '-n',
      'team',
      '--verb=get',
      '--resource=connectors.connectors.alauda.io/proxy',
      '--resource-name=hub',
    );
    await run('create', 'rolebinding', 'puller', '-n', 'team', '--role=puller', '--serviceaccount=team:robot');
    await run('create', 'service', 'externalname', 'out', '-n', 'team', '--external-name=out.example.com', '--tcp=80:80');
    expect(server.get({ apiVersion: 'v1', kind: 'Secret', namespace: 'team', name: 'plain' })).toMatchObject({
      type: 'Opaque',
      data: { username: 'dQ==', password: 'cA==' },
    });
    expect(server.get({ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', namespace: 'team', name: 'puller' })).toMatchObject({
      rules: [{ apiGroups: ['connectors.alauda.io'], resources: ['connectors/proxy'], resourceNames: ['hub'], verbs: ['get'] }],
    });
    expect(server.get({ apiVersion: 'v1', kind: 'Service', namespace: 'team', name: 'out' })).toMatchObject({
      spec: { type: 'ExternalName', externalName: 'out.example.com', ports: [{ port: 80, targetPort: 80, protocol: 'TCP' }] },
    });
    expect(await run('get', 'secrets', '-n', 'team')).toMatch(/pull +kubernetes.io\/dockerconfigjson +1 /);
  });

  it('creates tokens, and answers access reviews', async () => {
    const token = await run('create', 'token', 'robot', '-n', 'team', '--audience=connectors-proxy', '--duration=10m');
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as object;
    expect(claims).toMatchObject({ aud: ['connectors-proxy'], sub: 'system:serviceaccount:team:robot' });
    const robot = '--as=system:serviceaccount:team:robot';
    expect(await run('auth', 'can-i', 'get', 'connectors.connectors.alauda.io/hub', '--subresource=proxy', '-n', 'team', robot)).toBe(
      'yes\n',
    );
    expect(
      await call(['auth', 'can-i', 'update', 'connectors.connectors.alauda.io/hub', '--subresource=proxy', '-n', 'team', robot]),
    ).toEqual({ code: 1, output: 'no\n' });
  });

  it('applies, patches and edits built-in types by their merge rules', async () => {
    const service = 'apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: team}\nspec: {ports: [{name: http, port: 80}]}\n';
    expect((await apply(service)).code).toBe(0);
    await run('patch', 'service', 'web', '-n', 'team', '-p', '{"spec":{"ports":[{"name":"https","port":443}]}}');
    expect(await run('get', 'service', 'web', '-n', 'team')).toMatch(/443\/TCP,80\/TCP|80\/TCP,443\/TCP/);
    env['KUBE_EDITOR'] = "sed -i -e 's/ port: 443/ port: 8443/'";
    await run('edit', 'service', 'web', '-n', 'team');
    expect(await run('get', 'service', 'web', '-n', 'team')).toContain('8443/TCP');
  });

  it('watches and deletes objects', async () => {
    const watch = spawn(program, ['get', 'connectors', '-n', 'team', '--watch', '--output-watch-events', '--no-headers'], { env });
    let seen = '';
    const saw = (text: RegExp): Promise<void> =>
      new Promise((resolve) => {
        const look = (): void => {
          if (text.test(seen)) {
            resolve();
          }
        };
        watch.stdout.on('data', look);
        look();
      });
    watch.stdout.on('data', (chunk: Buffer) => {
      seen += chunk.toString('utf8');
    });
    try {
      await saw(/ADDED +hub/);
      expect(await run('delete', 'connector', 'hub', '-n', 'team')).toContain('deleted');
      await saw(/DELETED +hub/);
    } finally {
      watch.kill();
    }
    expect((await call(['get', 'connector', 'hub', '-n', 'team'])).output).toContain('Error from server (NotFound)');
    expect(await run('delete', 'namespace', 'team')).toContain('deleted');
  });

  it('lists and explains the types', async () => {
    const types = await run('api-resources');
    expect(types).toMatch(/^connectors .*connectors\.alauda\.io\/v1alpha1 +true +Connector$/m);
    expect(types).toMatch(/^secrets +v1 +true +Secret$/m);
    expect(await run('explain', 'connector.spec.address')).toContain('FIELD: address <string>');
  });
});
