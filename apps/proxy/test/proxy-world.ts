import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { type Clock } from '@oci-connector/clock';
import { type ConnectorClassSpec } from '@oci-connector/connector-api';
import { type LookupAll } from '@oci-connector/egress';
import { StaticCredential } from '@oci-connector/kube';
import { createLogger } from '@oci-connector/runtime';
import { Sensitive } from '@oci-connector/sensitive';
import {
  aConnector,
  aConnectorClass,
  aSecret,
  CapturedLog,
  type ConnectorOptions,
  type ReceivedResponse,
  type SendOptions,
  sendRequest,
  until,
} from '@oci-connector/testing-kit';
import { type KubeApiServer, type ObjectLike, readInstallManifest, startKubeApi } from '@oci-connector/testing-kube-api';
import { type FixtureRegistry } from '@oci-connector/testing-registry';
import { ProxySettings } from '../src/proxy.config';
import { type RunningProxy, startProxy, type StartProxyOptions } from '../src/start-proxy';
import { createSigningAuthority, type SigningAuthorityPem } from './signing-authority';

const WORKSPACE = join(__dirname, '../../..');
const SYSTEM = 'connectors-system';

/** The namespace of the Connectors; the clients have another one. */
export const CONNECTORS = 'platform';
export const CLIENTS = 'team';

/** ClusterRoles of the clients in the namespace {@link CONNECTORS}. */
const CLIENT_ROLES: Readonly<Record<string, string | undefined>> = {
  puller: 'connectors-puller',
  pusher: 'connectors-pusher',
  admin: 'everything-on-connectors',
  stranger: undefined,
};

export type ClientName = 'puller' | 'pusher' | 'admin' | 'stranger';

export interface WorldOptions {
  readonly settings?: Partial<ProxySettings>;
  readonly kube?: Parameters<typeof startKubeApi>[0];
  readonly clock?: Clock;
  readonly lookup?: LookupAll;
  readonly protocols?: StartProxyOptions['protocols'];
}

export interface RequestOptions extends Omit<SendOptions, 'connectTo'> {
  /** The client whose token is sent, by default `pusher`; null: no Authorization. */
  readonly as?: ClientName | null;
  readonly host?: string;
  readonly proxy?: RunningProxy;
}

/** An embedded Kubernetes API with the shipped RBAC and class, and proxies that run under it. */
export class ProxyWorld {
  readonly proxies: RunningProxy[] = [];
  readonly #log = new CapturedLog();

  private constructor(
    readonly kube: KubeApiServer,
    /** The authority of the proxy's own certificates. */
    readonly ca: SigningAuthorityPem,
    private readonly options: WorldOptions,
  ) {}

  static async start(options: WorldOptions = {}): Promise<ProxyWorld> {
    const kube = await startKubeApi({ crds: [join(WORKSPACE, 'deploy/chart/crds')], ...options.kube });
    const ca = await createSigningAuthority();
    const world = new ProxyWorld(kube, ca, options);
    kube.applyYaml(readInstallManifest(join(WORKSPACE, 'deploy/install.yaml')));
    world.#applySystemSecrets();
    world.#applyClients();
    await world.addProxy();
    return world;
  }

  get proxy(): RunningProxy {
    const [proxy] = this.proxies;
    if (!proxy) {
      throw new Error('no proxy is running; call addProxy() first');
    }
    return proxy;
  }

  /** The log lines of all proxies. */
  get log(): string {
    return this.#log.text;
  }

  get logLines(): Record<string, unknown>[] {
    return this.#log.entries;
  }

  /** Lines of the access log. */
  get accesses(): Record<string, unknown>[] {
    return this.logLines.filter(({ msg }) => msg === 'request');
  }

  /** Starts another replica and waits until it is ready. */
  async addProxy(changes: Partial<ProxySettings> = {}): Promise<RunningProxy> {
    const settings = Object.assign(new ProxySettings(), PROXY_SETTINGS, this.options.settings, changes);
    const token = this.kube.issueToken({ namespace: SYSTEM, name: 'connectors-proxy' });
    const proxy = await startProxy(settings, createLogger({ name: 'proxy', level: 'debug', destination: this.#log }), {
      connection: { server: this.kube.url, tls: {}, credential: StaticCredential.bearer(new Sensitive(token)) },
      clock: this.options.clock,
      lookup: this.options.lookup,
      protocols: this.options.protocols,
    });
    this.proxies.push(proxy);
    await until(async () => (await sendRequest(`${proxy.adminUrl}/readyz`)).status === 200);
    return proxy;
  }

  /** Creates a Connector for the registry, and its Secret unless the registry is used anonymously. */
  async connect(
    registry: Pick<FixtureRegistry, 'url'>,
    options: ConnectorOptions & { credential?: Record<string, string> } = {},
  ): Promise<void> {
    const { credential, name = 'registry', ...rest } = options;
    const secretName = `${name}-credential`;
    if (credential) {
      this.kube.apply(bare(aSecret({ name: secretName, namespace: CONNECTORS, stringData: credential })));
    }
    const connector = aConnector({
      name,
      namespace: CONNECTORS,
      address: registry.url,
      ...(credential && { secretName }),
      ...rest,
    });
    this.kube.apply(bare(connector));
    await this.settled(name);
  }

  /** Resolves when every proxy knows the Connector. */
  async settled(name: string): Promise<void> {
    for (const proxy of this.proxies) {
      await until(async () => {
        const { body } = await this.send(`${prefix(name)}/probe/manifests/absent/x`, { as: 'admin', proxy });
        return !body.toString().includes('there is no connector');
      });
    }
  }

  token(client: ClientName, options: { audiences?: readonly string[]; expirationSeconds?: number } = {}): string {
    return this.kube.issueToken({ namespace: CLIENTS, name: client, audiences: ['connectors-proxy'], ...options });
  }

  /** Sends a request to a path of the proxy, exactly as written. */
  send(
    path: string,
    { as = 'pusher', host = 'localhost', proxy = this.proxy, ...options }: RequestOptions = {},
  ): Promise<ReceivedResponse> {
    const authorization = as === null ? {} : { authorization: basic(this.token(as)) };
    return sendRequest(`http://127.0.0.1:${proxy.httpPort}${path}`, {
      ...options,
      headers: { host, ...authorization, ...options.headers },
    });
  }

  /** Creates a class that equals `oci` except for these fields. */
  applyClass(name: string, spec: Partial<ConnectorClassSpec>): void {
    const { apiVersion, kind, spec: shipped } = aConnectorClass();
    this.apply({
      apiVersion,
      kind,
      metadata: { name },
      spec: JSON.parse(JSON.stringify({ ...shipped, authProbes: [], ...spec })) as object,
    });
  }

  /** Creates or replaces an object of any kind. */
  apply(object: ObjectLike & Record<string, unknown>): void {
    this.kube.apply(object);
  }

  async close(): Promise<void> {
    await Promise.all(this.proxies.map((proxy) => proxy.stop()));
    await this.kube.close();
  }

  #applySystemSecrets(): void {
    const secret = (name: string, data: Record<string, string | Buffer>): void => {
      const encoded = Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]);
      this.apply({ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: SYSTEM }, data: Object.fromEntries(encoded) as object });
    };
    secret('connectors-proxy-ca', { 'tls.crt': this.ca.certificate, 'tls.key': this.ca.key, 'ca.crt': this.ca.certificate });
    secret('connectors-proxy-sealing', { current: randomBytes(32) });
  }

  #applyClients(): void {
    this.apply({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'everything-on-connectors' },
      rules: [{ apiGroups: ['connectors.alauda.io'], resources: ['connectors/proxy'], verbs: ['get', 'update', 'delete'] }],
    });
    for (const [name, role] of Object.entries(CLIENT_ROLES)) {
      this.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace: CLIENTS } });
      if (role !== undefined) {
        this.bind(name, role);
      }
    }
  }

  /** Gives a client a ClusterRole in the Connectors' namespace. */
  bind(client: string, role: string): void {
    this.apply({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: `${client}-${role}`, namespace: CONNECTORS },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
      subjects: [{ kind: 'ServiceAccount', name: client, namespace: CLIENTS }],
    });
  }
}

const PROXY_SETTINGS: Partial<ProxySettings> = {
  host: '127.0.0.1',
  httpPort: 0,
  httpsPort: 0,
  adminHost: '127.0.0.1',
  adminPort: 0,
  egressAllowCidrs: ['127.0.0.1/32', '::1/128'],
  drainDelay: 0,
  grace: 0,
};

/** Returns the path of a Connector in path form. */
export function prefix(name = 'registry', namespace = CONNECTORS): string {
  return `/v2/namespaces/${namespace}/connectors/${name}`;
}

export function basic(token: string, user = 'any'): string {
  return `Basic ${Buffer.from(`${user}:${token}`).toString('base64')}`;
}

/** Returns the only error of a response in the format of the distribution-spec. */
export function errorOf({ body }: ReceivedResponse): { code: string; message: string } {
  const { errors } = JSON.parse(body.toString()) as { errors: { code: string; message: string }[] };
  const [error] = errors;
  if (errors.length !== 1 || !error) {
    throw new Error(`expected one error: ${body.toString()}`);
  }
  return error;
}

/** Removes the fields that the API server fills in. */
function bare<T extends { metadata: { name: string; namespace?: string } }>(object: T): T {
  const { name, namespace } = object.metadata;
  return { ...object, metadata: { name, namespace } };
}
