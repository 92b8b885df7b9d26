import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, readdir, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials, makeClientConstructor, type ServiceClientConstructor, type ServiceError, status } from '@grpc/grpc-js';
import { type ConnectorClassSpec } from '@oci-connector/connector-api';
import { StaticCredential } from '@oci-connector/kube';
import { createLogger } from '@oci-connector/runtime';
import { Sensitive } from '@oci-connector/sensitive';
import { aConnector, CapturedLog, type ConnectorOptions, JumpingClock, TestCertificateAuthority, until } from '@oci-connector/testing-kit';
import { type KubeApiServer, readInstallManifest, startKubeApi } from '@oci-connector/testing-kube-api';
import { CsiSettings } from '../src/csi.config';
import { NodeProtocol, RegistrationProtocol } from '../src/rpc/protocols';
import { type RunningCsi, startCsi, type StartCsiOptions } from '../src/start-csi';

const WORKSPACE = join(__dirname, '../../..');
const SYSTEM = 'connectors-system';
const API = 'connectors.alauda.io/v1alpha1';

/** Namespaces of the Connectors and of the pods. */
export const CONNECTORS = 'platform';
export const PODS = 'team-a';

/** The result of a call: the code, the message and, on success, the answer. */
export interface CallResult {
  readonly code: keyof typeof status;
  readonly message: string;
  readonly answer?: Record<string, unknown>;
}

export interface VolumeOptions {
  readonly attributes?: Readonly<Record<string, string>>;
  /** Default: a fresh token of ServiceAccount ci. */
  readonly token?: string;
  readonly serviceAccount?: string;
  /** Fields that replace those of the request. */
  readonly request?: Readonly<Record<string, unknown>>;
  /** Entries that replace those of the volume context; undefined removes an entry. */
  readonly context?: Readonly<Record<string, string | undefined>>;
  readonly group?: string;
  readonly tokensIn?: 'secrets' | 'context';
}

export interface WorldOptions extends Pick<StartCsiOptions, 'mounter'> {
  readonly settings?: Partial<CsiSettings>;
  /** Whether the driver registers itself. */
  readonly registers?: boolean;
}

/** An embedded Kubernetes API with the shipped RBAC and class, and a driver that uses it. The test acts as the kubelet. */
export class CsiWorld {
  readonly clock = new JumpingClock();
  /** Stands for /var/lib/kubelet. */
  readonly kubeletDirectory = mkdtempSync(join(tmpdir(), 'csi-'));
  readonly socket = join(this.kubeletDirectory, 'plugins', 'connectors-csi', 'csi.sock');
  readonly registrationDirectory = join(this.kubeletDirectory, 'plugins_registry');
  #driver?: RunningCsi;
  readonly #log = new CapturedLog();
  readonly #tokens: string[] = [];

  private constructor(
    readonly kube: KubeApiServer,
    private readonly options: WorldOptions,
  ) {}

  static async start(options: WorldOptions = {}): Promise<CsiWorld> {
    const kube = await startKubeApi({ crds: [join(WORKSPACE, 'deploy/chart/crds')], minimumTokenSeconds: 1 });
    const world = new CsiWorld(kube, options);
    kube.applyYaml(readInstallManifest(join(WORKSPACE, 'deploy/install.yaml')));
    await world.renewCa();
    world.applyClass('files', { configurations: [{ name: 'static', data: { 'static.conf': 'first' } }] });
    world.connect('hub');
    for (const name of ['ci', 'stranger']) {
      world.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace: PODS } });
    }
    world.bind('ci', 'connectors-puller');
    await world.startDriver();
    return world;
  }

  get adminUrl(): string {
    return this.#driver?.adminUrl ?? '';
  }

  /** The whole log, at level debug. */
  get log(): string {
    return this.#log.text;
  }

  /** Every token that was issued for a volume. */
  get tokens(): readonly string[] {
    return this.#tokens;
  }

  /** Log lines about calls that concern volumes. */
  get calls(): Record<string, unknown>[] {
    return this.#log.entries.filter(({ msg, volume }) => msg === 'call' && volume !== undefined);
  }

  async startDriver({
    settings: changes,
    waitUntilReady = true,
  }: { settings?: Partial<CsiSettings>; waitUntilReady?: boolean } = {}): Promise<void> {
    const settings = Object.assign(new CsiSettings(), {
      adminHost: '127.0.0.1',
      adminPort: 0,
      mount: 'directory' as const,
      nodeName: 'node1',
      kubeletDirectory: this.kubeletDirectory,
      registrationDirectory: this.options.registers ? '' : 'none',
      ...this.options.settings,
      ...changes,
    });
    const token = this.kube.issueToken({ namespace: SYSTEM, name: 'connectors-csi' });
    const connection = { server: this.kube.url, tls: {}, credential: StaticCredential.bearer(new Sensitive(token)) };
    this.#driver = await startCsi(settings, createLogger({ name: 'csi', level: 'debug', destination: this.#log }), {
      connection,
      clock: this.clock,
      mounter: this.options.mounter,
    });
    if (waitUntilReady) {
      await until(async () => (await this.readyz()).includes('[+]objects'));
    }
  }

  async stopDriver(): Promise<void> {
    await this.#driver?.stop();
    this.#driver = undefined;
  }

  async readyz(): Promise<string> {
    return (await fetch(`${this.adminUrl}/readyz`)).text();
  }

  /** Returns the value of a metric, or 0 when it does not exist. `name` includes the labels as Prometheus writes them. */
  async metric(name: string): Promise<number> {
    const text = await (await fetch(`${this.adminUrl}/metrics`)).text();
    return Number(
      text
        .split('\n')
        .find((line) => line.startsWith(`${name} `))
        ?.split(' ')[1] ?? 0,
    );
  }

  apply(object: object): void {
    this.kube.apply(JSON.parse(JSON.stringify(object)) as Parameters<KubeApiServer['apply']>[0]);
  }

  /** Publishes the certificate of a new CA and returns it, in PEM. */
  async renewCa(): Promise<string> {
    const { caPem } = await TestCertificateAuthority.create();
    this.publishCa({ 'ca.crt': caPem });
    return caPem;
  }

  /** Sets the data of the CA's ConfigMap, or deletes it. */
  publishCa(data: Readonly<Record<string, string>> | undefined): void {
    const metadata = { name: 'connectors-proxy-ca', namespace: SYSTEM };
    if (data) {
      this.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data });
    } else {
      this.kube.delete({ apiVersion: 'v1', kind: 'ConfigMap', ...metadata });
    }
  }

  /** Creates or replaces a class. */
  applyClass(name: string, spec: Partial<ConnectorClassSpec>): void {
    const proxy = { ref: { apiVersion: 'v1', kind: 'Service', name: 'connectors-proxy-service', namespace: SYSTEM } };
    this.apply({ apiVersion: API, kind: 'ConnectorClass', metadata: { name }, spec: { protocol: 'http', proxy, ...spec } });
  }

  /** Creates or replaces a Connector, with the addresses that the controller would write. */
  connect(name: string, options: ConnectorOptions = {}): void {
    const { apiVersion, kind, spec } = aConnector({ className: 'files', ...options });
    this.apply({ apiVersion, kind, metadata: { name, namespace: CONNECTORS }, spec });
    const host = `c-${name}.${CONNECTORS}.svc.cluster.local`;
    this.kube.applyStatus(
      { apiVersion, kind, name, namespace: CONNECTORS },
      { proxy: { httpAddress: { url: `http://${host}` }, httpsAddress: { url: `https://${host}` } } },
    );
  }

  disconnect(name: string): void {
    this.kube.delete({ apiVersion: API, kind: 'Connector', name, namespace: CONNECTORS });
  }

  bind(serviceAccount: string, role: string): void {
    this.apply({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: serviceAccount, namespace: CONNECTORS },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
      subjects: [{ kind: 'ServiceAccount', name: serviceAccount, namespace: PODS }],
    });
  }

  unbind(serviceAccount: string): void {
    this.kube.delete({ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'RoleBinding', name: serviceAccount, namespace: CONNECTORS });
    // Longer than a positive review is cached.
    this.clock.jump(11_000);
  }

  token(serviceAccount = 'ci', options: { audiences?: readonly string[]; expirationSeconds?: number } = {}): string {
    const token = this.kube.issueToken({ namespace: PODS, name: serviceAccount, audiences: ['connectors-proxy'], ...options });
    this.#tokens.push(token);
    return token;
  }

  /** Returns the target path that the kubelet uses for a volume of this name. */
  target(volume: string): string {
    return join(this.kubeletDirectory, 'pods', `uid-of-${volume}`, 'volumes', 'kubernetes.io~csi', volume, 'mount');
  }

  /** Calls NodePublishVolume as the kubelet does, which creates the parent of the target first. */
  async publish(volume: string, options: VolumeOptions = {}): Promise<CallResult> {
    const target = this.target(volume);
    await mkdir(join(target, '..'), { recursive: true });
    return this.call(NodeProtocol, 'NodePublishVolume', this.publishRequest(volume, options));
  }

  publishRequest(volume: string, options: VolumeOptions): object {
    const {
      serviceAccount = 'ci',
      tokensIn = 'secrets',
      attributes = { connectors: `${CONNECTORS}/hub`, 'configuration.names': 'static' },
    } = options;
    const tokens = { 'csi.storage.k8s.io/serviceAccount.tokens': this.tokensOf(options.token ?? this.token(serviceAccount)) };
    const context = {
      ...attributes,
      'csi.storage.k8s.io/ephemeral': 'true',
      'csi.storage.k8s.io/pod.name': `pod-of-${volume}`,
      'csi.storage.k8s.io/pod.namespace': PODS,
      'csi.storage.k8s.io/pod.uid': `uid-of-${volume}`,
      'csi.storage.k8s.io/serviceAccount.name': serviceAccount,
      ...(tokensIn === 'context' && tokens),
      ...options.context,
    };
    return {
      volume_id: `csi-${volume}`,
      target_path: this.target(volume),
      readonly: true,
      volume_capability: { mount: { volume_mount_group: options.group ?? '' }, access_mode: { mode: 'SINGLE_NODE_WRITER' } },
      volume_context: Object.fromEntries(Object.entries(context).filter(([, value]) => value !== undefined)),
      secrets: tokensIn === 'secrets' ? tokens : {},
      ...options.request,
    };
  }

  tokensOf(token: string, audience = 'connectors-proxy'): string {
    return JSON.stringify({ [audience]: { token, expirationTimestamp: '2030-01-01T00:00:00Z' } });
  }

  unpublish(volume: string): Promise<CallResult> {
    return this.call(NodeProtocol, 'NodeUnpublishVolume', { volume_id: `csi-${volume}`, target_path: this.target(volume) });
  }

  registration(method: string, request: object): Promise<CallResult> {
    return this.call(RegistrationProtocol, method, request, join(this.registrationDirectory, 'connectors-csi-reg.sock'));
  }

  /** Calls over the socket, with a new connection. */
  call(protocol: Parameters<typeof makeClientConstructor>[0], method: string, request: object, socket = this.socket): Promise<CallResult> {
    const Client: ServiceClientConstructor = makeClientConstructor(protocol, method);
    const client = new Client(`unix:${socket}`, credentials.createInsecure());
    const send = client[method]?.bind(client) as (
      request: object,
      callback: (error: ServiceError | null, answer?: Record<string, unknown>) => void,
    ) => void;
    return new Promise((resolve) => {
      send(request, (error, answer) => {
        client.close();
        resolve(error ? { code: status[error.code] as keyof typeof status, message: error.details } : { code: 'OK', message: '', answer });
      });
    });
  }

  /** Reads a file of a volume as the pod does. */
  read(volume: string, file: string): Promise<string> {
    return readFile(join(this.target(volume), file), 'utf8');
  }

  /** Returns the stored inputs of all volumes, by file name. */
  async keptInputs(): Promise<Map<string, string>> {
    const directory = join(this.kubeletDirectory, 'plugins', 'connectors-csi', 'volumes');
    const names = await readdir(directory);
    return new Map(
      await Promise.all(names.map(async (name) => [join(directory, name), await readFile(join(directory, name), 'utf8')] as const)),
    );
  }

  /** Returns the file names that the pod sees. */
  async names(volume: string): Promise<string[]> {
    return (await readdir(this.target(volume))).filter((name) => !name.startsWith('..')).sort();
  }

  /** Returns the directory of the current set of files, which differs after every replacement. */
  currentSet(volume: string): Promise<string> {
    return realpath(join(this.target(volume), '..data'));
  }

  /** Republishes until a file has this content, which shows that the driver has received a change. */
  async untilRepublished(volume: string, file: string, content: string, options: VolumeOptions = {}): Promise<void> {
    await until(async () => {
      await this.publish(volume, options);
      return (await this.read(volume, file)) === content;
    });
  }

  async close(): Promise<void> {
    await this.stopDriver();
    await this.kube.close();
    rmSync(this.kubeletDirectory, { recursive: true, force: true });
  }

  /** Empties a target as a reboot of the node does: the mount is gone, but its directory is not. */
  async emptyTarget(volume: string): Promise<void> {
    for (const name of await readdir(this.target(volume))) {
      await rm(join(this.target(volume), name), { recursive: true, force: true });
    }
  }
}
