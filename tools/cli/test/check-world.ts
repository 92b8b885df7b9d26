import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Connector, type ConnectorStatus, type KubeObject } from '@oci-connector/connector-api';
import { desiredService } from '@oci-connector/diagnosis';
import { InstallationSettings } from '@oci-connector/runtime';
import { aConnector, aSecret, LoopbackServer, TestCertificateAuthority } from '@oci-connector/testing-kit';
import {
  type KubeApiServer,
  type KubeconfigUser,
  type ObjectLike,
  readInstallManifest,
  startKubeApi,
} from '@oci-connector/testing-kube-api';
import { type FixtureRegistry, startFixtureRegistry } from '@oci-connector/testing-registry';
import { roleBinding } from '../../installation/role-binding';
import { type CheckResult } from '../check/check-report';
import { type CommandRun, runCommand, type RunOptions } from './captured-world';

const ROOT = path.join(__dirname, '../../..');
const SYSTEM = 'connectors-system';
const NAMESPACE = 'team';

export const CONNECTOR = { apiVersion: 'connectors.alauda.io/v1alpha1', kind: 'Connector', namespace: NAMESPACE, name: 'harbor' };
export const PASSWORD = 'pw-that-nobody-may-see';
export const BUILDER = { namespace: 'builds', name: 'builder' };

/** What all tests share. Nothing of it changes. */
export interface Servers {
  readonly authority: TestCertificateAuthority;
  readonly registry: FixtureRegistry;
  /** Stands for the proxy. The name of the certificate is proxy.test. */
  readonly proxy: LoopbackServer;
  close(): Promise<void>;
}

export async function startServers(): Promise<Servers> {
  const authority = await TestCertificateAuthority.create();
  const accounts = [{ username: 'robot', password: PASSWORD }];
  const registry = await startFixtureRegistry({
    tls: await authority.issue({ names: ['registry.test'], ips: ['127.0.0.1'] }),
    publicName: 'registry.test',
    auth: { mode: 'token', realm: 'same-origin', accounts },
  });
  const proxy = await LoopbackServer.start(
    ({ url = '', method }, response) => {
      const isThere = url.endsWith('/v2/') || url.endsWith('/v2/library/alpine/manifests/3.20');
      response.writeHead(isThere ? 200 : 404);
      response.end(
        isThere || method === 'HEAD' ? '' : '{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown to the registry"}]}',
      );
    },
    { tls: await authority.issue({ names: ['proxy.test'], ips: ['127.0.0.1'] }) },
  );
  return { authority, registry, proxy, close: async () => void (await Promise.all([registry.close(), proxy.close()])) };
}

/** A cluster in which everything works, until a test breaks something. */
export class CheckWorld {
  readonly #directory = mkdtempSync(path.join(tmpdir(), 'cli-check-'));

  private constructor(
    readonly api: KubeApiServer,
    readonly servers: Servers,
  ) {}

  static async start(servers: Servers): Promise<CheckWorld> {
    const api = await startKubeApi({ crds: [path.join(ROOT, 'deploy/chart/crds')] });
    api.applyYaml(readInstallManifest(path.join(ROOT, 'deploy/install.yaml')));
    const world = new CheckWorld(api, servers);
    world.#install();
    return world;
  }

  async close(): Promise<void> {
    rmSync(this.#directory, { recursive: true });
    await this.api.close();
  }

  /** Runs `connectors ARGS` as a user. */
  async run(args: readonly string[], options: RunOptions = {}, user: KubeconfigUser = 'admin'): Promise<CommandRun> {
    const kubeconfig = path.join(this.#directory, 'kubeconfig');
    writeFileSync(kubeconfig, this.api.kubeconfig(user));
    return runCommand([...args, '--kubeconfig', kubeconfig], options);
  }

  /** Runs the check of the Connector, and returns what it found. */
  async check(args: readonly string[] = [], options: RunOptions = {}, user: KubeconfigUser = 'admin'): Promise<CheckRun> {
    const run = await this.run(['check', 'team/harbor', '--output', 'json', ...args], options, user);
    return { ...run, ...(JSON.parse(run.stdout) as Pick<CheckRun, 'sent' | 'results'>) };
  }

  apply(object: object): void {
    this.api.apply(object as ObjectLike);
  }

  /** Replaces fields of the spec; the controller sees the change. */
  change(spec: Partial<Connector['spec']>): void {
    const { metadata, spec: before } = this.api.get(CONNECTOR) as unknown as Connector;
    const { name, namespace } = metadata;
    this.apply({ apiVersion: CONNECTOR.apiVersion, kind: 'Connector', metadata: { name, namespace }, spec: { ...before, ...spec } });
    this.changeStatus({});
  }

  /** Replaces fields of a status that the controller would have written. */
  changeStatus(status: Partial<ConnectorStatus>): void {
    const { metadata } = this.api.get(CONNECTOR) as unknown as Connector;
    const { proxy, authority } = this.servers;
    const url = `https://proxy.test:${proxy.port}/namespaces/team/connectors/harbor`;
    this.api.applyStatus(CONNECTOR, {
      observedGeneration: metadata.generation,
      conditions: [{ type: 'Ready', status: 'True', observedGeneration: metadata.generation }],
      proxy: {
        httpAddress: { url: url.replace('https', 'http'), audience: 'connectors-proxy' },
        httpsAddress: { url, audience: 'connectors-proxy', CACerts: authority.caPem },
      },
      ...status,
    });
  }

  delete(kind: string, name: string, namespace: string): void {
    const groups: Readonly<Record<string, string>> = {
      EndpointSlice: 'discovery.k8s.io/v1',
      RoleBinding: 'rbac.authorization.k8s.io/v1',
      Connector: CONNECTOR.apiVersion,
    };
    this.api.delete({ apiVersion: groups[kind] ?? 'v1', kind, name, namespace });
  }

  /** Grants the ClusterRole to the ServiceAccount of the workload. */
  bind(role: string): void {
    this.apply(roleBinding({ namespace: NAMESPACE, name: 'builder' }, role, BUILDER));
  }

  #install(): void {
    const { registry, authority } = this.servers;
    this.apply(
      withoutServerFields(aSecret({ name: 'login', namespace: NAMESPACE, stringData: { username: 'robot', password: PASSWORD } })),
    );
    this.apply(
      withoutServerFields(aSecret({ name: 'ca', namespace: NAMESPACE, type: 'Opaque', stringData: { 'ca.crt': authority.caPem } })),
    );
    const spec = { caCertSecretRef: { name: 'ca' } };
    const options = { name: 'harbor', namespace: NAMESPACE, address: `https://registry.test:${registry.port}`, secretName: 'login', spec };
    this.apply(withoutServerFields(aConnector(options)));
    this.changeStatus({});
    this.#installProxy();
    this.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { ...BUILDER } });
    this.bind('connectors-puller');
  }

  #installProxy(): void {
    const connector = this.api.get(CONNECTOR) as unknown as Connector;
    this.apply(desiredService(connector, new InstallationSettings()));
    const name = 'connectors-proxy-service';
    this.apply({ apiVersion: 'v1', kind: 'Service', metadata: { namespace: SYSTEM, name }, spec: { ports: [{ port: 80 }] } });
    this.applyProxyEndpoints(true);
    const data = { 'ca.crt': this.servers.authority.caPem };
    this.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: SYSTEM, name: 'connectors-proxy-ca' }, data });
  }

  applyProxyEndpoints(ready: boolean): void {
    const name = 'connectors-proxy-service';
    this.apply({
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { namespace: SYSTEM, name: `${name}-1`, labels: { 'kubernetes.io/service-name': name } },
      addressType: 'IPv4',
      endpoints: [{ addresses: ['10.255.1.2'], conditions: { ready } }],
      ports: [{ port: 8080 }],
    });
  }
}

/** A run of `connectors check` with its output as JSON. */
export interface CheckRun extends CommandRun {
  readonly sent: readonly string[];
  readonly results: readonly CheckResult[];
}

function withoutServerFields(object: KubeObject): object {
  const { name, namespace } = object.metadata;
  return { ...object, metadata: { name, namespace } };
}
