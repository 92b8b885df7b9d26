import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse } from 'yaml';
import { TestCertificateAuthority, untilRight } from '@oci-connector/testing-kit';
import { ContractClient } from '../contract/contract-client';
import { asObject, at } from './json';
import { type KubeApiServer } from './kube-api-server';
import { startKubeApi } from './start-kube-api';

const SERVICE_ACCOUNT = { apiVersion: 'v1', kind: 'ServiceAccount' } as const;
const NAMESPACE = { apiVersion: 'v1', kind: 'Namespace' } as const;

function adminOf(server: KubeApiServer): ContractClient {
  return ContractClient.asAdmin({ server: server.url, ca: server.ca, admin: { token: server.adminToken } });
}

function configMap(name: string, metadata: object = {}): { apiVersion: string; kind: string; metadata: object } {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...metadata } };
}

function crdWithRule(rule: string): string {
  return JSON.stringify({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'gadgets.test.example' },
    spec: {
      group: 'test.example',
      scope: 'Namespaced',
      names: { plural: 'gadgets', kind: 'Gadget' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-validations': [{ rule }] } },
        },
      ],
    },
  });
}

describe('startKubeApi', () => {
  const servers: KubeApiServer[] = [];
  const start = async (options: Parameters<typeof startKubeApi>[0] = {}): Promise<KubeApiServer> => {
    const server = await startKubeApi(options);
    servers.push(server);
    return server;
  };

  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });

  it('has the namespaces, accounts and roles of a new cluster', async () => {
    const server = await start();
    expect(server.list(NAMESPACE).map(({ metadata }) => metadata.name)).toEqual([
      'default',
      'kube-node-lease',
      'kube-public',
      'kube-system',
    ]);
    expect(server.get({ ...SERVICE_ACCOUNT, namespace: 'default', name: 'default' })).toBeDefined();
    const edit = server.get({ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', name: 'edit' });
    expect(JSON.stringify(edit?.['rules'])).toContain('"secrets"');
  });

  it('serves HTTPS with the given certificate, and writes kubeconfigs with its CA', async () => {
    const authority = await TestCertificateAuthority.create();
    const server = await start({ tls: { ...(await authority.issue({ ips: ['127.0.0.1'] })), ca: authority.caPem } });
    expect(server.url).toBe(`https://127.0.0.1:${server.port}`);
    expect(await adminOf(server).get('/version')).toMatchObject({ status: 200 });
    const config = asObject(parse(server.kubeconfig()));
    const cluster = at((config['clusters'] as unknown[])[0], 'cluster');
    expect(cluster).toEqual({ server: server.url, 'certificate-authority-data': Buffer.from(authority.caPem).toString('base64') });
  });

  it('writes kubeconfigs for ServiceAccounts', async () => {
    const server = await start();
    const config = asObject(parse(server.kubeconfig({ namespace: 'default', name: 'default' })));
    const token = String(at((config['users'] as unknown[])[0], 'user', 'token'));
    const client = ContractClient.withToken({ server: server.url, admin: { token: '' } }, token);
    const response = await client.post('/apis/authentication.k8s.io/v1/selfsubjectreviews', {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'SelfSubjectReview',
    });
    expect(at(response.body, 'status', 'userInfo', 'username')).toBe('system:serviceaccount:default:default');
  });

  it('serves the CustomResourceDefinitions in files and directories', async () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'kube-api-'));
    try {
      writeFileSync(path.join(directory, 'gadgets.yaml'), crdWithRule('self.metadata.name != "x"'));
      writeFileSync(path.join(directory, 'README.md'), 'not a manifest');
      const server = await start({ crds: [directory] });
      expect(await adminOf(server).get('/apis/test.example/v1/gadgets')).toMatchObject({ status: 200, body: { kind: 'GadgetList' } });
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it.each(['self.nothingLikeThis()', 'unknownFunction(self)', 'self.metadata.name +', '"text"'])(
    'does not start with the rule %s, which it cannot evaluate',
    async (rule) => {
      const directory = mkdtempSync(path.join(tmpdir(), 'kube-api-'));
      try {
        writeFileSync(path.join(directory, 'gadgets.yaml'), crdWithRule(rule));
        await expect(startKubeApi({ crds: [directory] })).rejects.toThrow('CEL rules that cannot be evaluated');
      } finally {
        rmSync(directory, { recursive: true });
      }
    },
  );

  it('applies objects of a test, and creates their namespaces', async () => {
    const server = await start({ objects: [configMap('early', { namespace: 'made' })] });
    expect(server.get({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'made', name: 'early' })).toBeDefined();
    expect(server.get({ ...SERVICE_ACCOUNT, namespace: 'made', name: 'default' })).toBeDefined();
    const [first] = server.applyYaml('apiVersion: v1\nkind: ConfigMap\nmetadata: {name: late, namespace: made}\ndata: {a: b}\n---\n');
    const [second] = server.applyYaml('apiVersion: v1\nkind: ConfigMap\nmetadata: {name: late, namespace: made}\ndata: {c: d}\n');
    expect(second).toMatchObject({ data: { c: 'd' }, metadata: { uid: first?.metadata.uid } });
    expect(second?.['data']).not.toHaveProperty('a');
    expect(() => server.apply({ ...configMap('wrong'), ...{ dta: {} } })).toThrow('unknown field "dta"');
    server.delete({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'made', name: 'late' });
    server.delete({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'made', name: 'late' });
    expect(server.list({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'made' })).toHaveLength(1);
  });

  it('can issue tokens with a lifetime of seconds', async () => {
    const server = await start({ minimumTokenSeconds: 2 });
    const path = '/api/v1/namespaces/default/serviceaccounts/default/token';
    const request = (expirationSeconds: number): object => ({
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds },
    });
    expect(await adminOf(server).post(path, request(2))).toMatchObject({ status: 201 });
    expect(await adminOf(server).post(path, request(1))).toMatchObject({ status: 422 });
  });

  it('removes a namespace with its content when no object in it waits for a finalizer', async () => {
    const server = await start();
    server.apply(configMap('plain', { namespace: 'going' }));
    server.apply(configMap('held', { namespace: 'going', finalizers: ['test.example/hold'] }));
    expect(await adminOf(server).delete('/api/v1/namespaces/going')).toMatchObject({
      status: 200,
      body: { status: { phase: 'Terminating' } },
    });
    expect(server.list({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'going' })).toMatchObject([{ metadata: { name: 'held' } }]);
    const late = await adminOf(server).post('/api/v1/namespaces/going/configmaps', configMap('late'));
    expect(late).toMatchObject({ status: 403, body: { reason: 'Forbidden' } });
    await adminOf(server).patch('/api/v1/namespaces/going/configmaps/held', { metadata: { finalizers: null } });
    await untilRight(
      () => adminOf(server).get('/api/v1/namespaces/going'),
      ({ status }) => status === 404,
    );
  });

  it('ends the watches of a type with its definition, and removes its objects', async () => {
    const server = await start();
    server.applyYaml(crdWithRule('true'));
    server.apply({ apiVersion: 'test.example/v1', kind: 'Gadget', metadata: { name: 'a', namespace: 'default' } });
    const watch = await adminOf(server).watch('/apis/test.example/v1/gadgets');
    expect(await watch.next()).toMatchObject({ type: 'ADDED' });
    await adminOf(server).delete('/apis/apiextensions.k8s.io/v1/customresourcedefinitions/gadgets.test.example');
    expect(await watch.rest()).toMatchObject([{ type: 'DELETED' }]);
    expect((await adminOf(server).get('/apis/test.example/v1/gadgets')).status).toBe(404);
  });

  it('impersonates a user if the caller may do that', async () => {
    const server = await start({ users: [{ token: 'plain-user', username: 'plain' }] });
    const call = (token: string): Promise<Response> =>
      fetch(`${server.url}/api/v1/namespaces`, { headers: { authorization: `Bearer ${token}`, 'impersonate-user': 'somebody' } });
    const asAdmin = await call(server.adminToken);
    expect([asAdmin.status, await asAdmin.text()]).toEqual([403, expect.stringContaining('User \\"somebody\\" cannot list')]);
    const asPlain = await call('plain-user');
    expect([asPlain.status, await asPlain.text()]).toEqual([403, expect.stringContaining('User \\"plain\\" cannot impersonate')]);
  });

  it('sends a bookmark after the initial events of a streamed list', async () => {
    const server = await start();
    const watch = await adminOf(server).watch(
      '/api/v1/namespaces?sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan',
    );
    const types = [await watch.next(), await watch.next(), await watch.next(), await watch.next()].map(({ type }) => type);
    expect(types).toEqual(['ADDED', 'ADDED', 'ADDED', 'ADDED']);
    expect(await watch.next()).toMatchObject({
      type: 'BOOKMARK',
      object: { metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } },
    });
    watch.close();
  });

  it('refuses server-side apply, and says what to do instead', async () => {
    const server = await start();
    const response = await adminOf(server).patch('/api/v1/namespaces/default/configmaps/x', configMap('x'), 'application/apply-patch+yaml');
    expect(response).toMatchObject({ status: 415, body: { reason: 'UnsupportedMediaType' } });
    expect(response.body['message']).toContain('server-side apply is not served here: leave out --server-side');
  });

  it('refuses bodies of more than 3 MiB', async () => {
    const server = await start();
    const response = await adminOf(server).post('/api/v1/namespaces/default/configmaps', {
      ...configMap('big'),
      data: { a: 'x'.repeat(3 * 1024 * 1024) },
    });
    expect(response).toMatchObject({ status: 413, body: { reason: 'RequestEntityTooLarge' } });
  });
});
