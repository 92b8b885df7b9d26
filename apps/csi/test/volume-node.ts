import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { aConnector, aConnectorClass } from '@oci-connector/testing-kit';
import { DirectoryMounter } from '../src/mount/directory-mounter';
import { type NodePublishVolumeRequest } from '../src/request/csi-messages';
import { GatherInputs } from '../src/volume/gather-inputs';
import { inspectVolume, type VolumeState } from '../src/volume/inspect-volume';
import { KeptInputs } from '../src/volume/kept-inputs';
import { MountedVolumes } from '../src/volume/mounted-volumes';
import { PublishVolume, type PublishResult } from '../src/volume/publish-volume';
import { VolumeKeys } from '../src/volume/volume-keys';

/** Tracks mounts separately from files, as Linux does: mounts of the driver, mounts of other programs, and lost mounts. */
export class MountTable extends DirectoryMounter {
  readonly ours = new Set<string>();
  readonly foreign = new Set<string>();

  constructor(override readonly canBeLost: boolean) {
    super();
  }

  override async mount(target?: string): Promise<void> {
    this.ours.add(target ?? '');
  }

  override async unmount(target: string): Promise<void> {
    this.ours.delete(target);
    await super.unmount(target);
  }

  override isMounted(target: string): boolean {
    return this.ours.has(target) || this.foreign.has(target) || (!this.canBeLost && super.isMounted(target));
  }

  override async mountedAmong(targets: readonly string[]): Promise<ReadonlySet<string>> {
    return new Set(targets.filter((target) => this.ours.has(target) || (!this.canBeLost && this.isMounted(target))));
  }
}

const AUDIENCE = 'connectors-proxy';
const POD_INFO = 'csi.storage.k8s.io/';

function segment(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/**
 * Returns a request of the kubelet.
 *
 * @param serial makes tokens different
 */
export function publishMessage(serial: number, context: Readonly<Record<string, string>> = {}): NodePublishVolumeRequest {
  const claims = {
    iss: 'https://kubernetes.default.svc',
    sub: 'system:serviceaccount:team-a:ci',
    aud: [AUDIENCE],
    exp: Date.parse('2030-01-01T00:00:00Z') / 1_000,
    jti: String(serial),
    'kubernetes.io': { namespace: 'team-a', serviceaccount: { name: 'ci', uid: 'sa-uid' } },
  };
  const token = `${segment({ alg: 'RS256' })}.${segment(claims)}.c2ln`;
  return {
    volume_id: 'csi-1',
    target_path: '',
    readonly: true,
    volume_capability: { access_type: 'mount', mount: { volume_mount_group: '' } },
    volume_context: {
      connectors: 'platform/hub',
      'configuration.names': 'static',
      [`${POD_INFO}ephemeral`]: 'true',
      [`${POD_INFO}pod.name`]: 'build',
      [`${POD_INFO}pod.namespace`]: 'team-a',
      [`${POD_INFO}serviceAccount.name`]: 'ci',
      ...context,
    },
    secrets: { [`${POD_INFO}serviceAccount.tokens`]: JSON.stringify({ [AUDIENCE]: { token } }) },
  };
}

/** A node with a driver and one target. */
export class VolumeNode {
  readonly root = realpathSync(mkdtempSync(path.join(tmpdir(), 'publish-')));
  readonly target = path.join(this.root, 'mount');
  readonly mounter: MountTable;
  readonly connectorClass = aConnectorClass('files', { spec: { configurations: [{ name: 'static', data: { 'static.conf': 'first' } }] } });
  isAllowed = true;
  reviews = 0;
  volumes = new MountedVolumes(() => 0);

  constructor(
    canBeLost: boolean,
    private readonly caCertificates: string,
  ) {
    this.mounter = new MountTable(canBeLost);
  }

  get state(): Promise<VolumeState> {
    return inspectVolume(this.target, this);
  }

  /** The contents of all files that a pod sees. */
  get files(): Record<string, string> {
    const names = existsSync(this.target) ? readdirSync(this.target).filter((name) => !name.startsWith('..')) : [];
    return Object.fromEntries(names.map((name) => [name, readFileSync(path.join(this.target, name), 'utf8')]));
  }

  get everything(): readonly string[] {
    return existsSync(this.target) ? readdirSync(this.target) : [];
  }

  /** Publishes with a driver that knows {@link volumes}. */
  async publish(request: NodePublishVolumeRequest): Promise<PublishResult> {
    const state = {
      hasSynced: true,
      connector: () =>
        aConnector({
          name: 'hub',
          namespace: 'platform',
          className: 'files',
          status: { proxy: { httpAddress: { url: 'http://c-hub.platform' } } },
        }),
      connectorClass: () => this.connectorClass,
      caCertificates: () => this.caCertificates,
    };
    const isAllowed = async (): Promise<boolean> => {
      this.reviews += 1;
      return this.isAllowed;
    };
    const environment = { publicRoots: '', clusterDomain: 'cluster.local', apiServerHosts: [], proxyHttpPort: 80, proxyHttpsPort: 443 };
    return new PublishVolume({
      keys: this.#keysOf(state),
      gather: new GatherInputs(state, { isAllowed }),
      mounter: this.mounter,
      volumes: this.volumes,
      kept: new KeptInputs(path.join(this.root, 'kept'), (file, error) => {
        throw new Error(file, { cause: error });
      }),
      environment,
      audience: AUDIENCE,
      volumeSize: 1024 * 1024,
      now: Date.now,
      onNewVolume: () => undefined,
    }).publish(request, this.target);
  }

  #keys?: VolumeKeys;

  #keysOf(state: ConstructorParameters<typeof VolumeKeys>[0]): VolumeKeys {
    return (this.#keys ??= new VolumeKeys(state));
  }

  async publishedBefore(): Promise<void> {
    await this.publish(publishMessage(1));
    this.reviews = 0;
  }

  /** Replaces the driver by a new one that has not adopted any volume yet. */
  restart(): void {
    this.volumes = new MountedVolumes(() => 0);
    this.#keys = undefined;
  }

  emptied(): void {
    for (const name of this.everything) {
      rmSync(path.join(this.target, name), { recursive: true });
    }
  }
}

/** Returns the token of a request. */
export function tokenOf({ secrets }: NodePublishVolumeRequest): string {
  return (JSON.parse(secrets[`${POD_INFO}serviceAccount.tokens`] ?? '') as Record<string, { token: string }>)[AUDIENCE]?.token ?? '';
}
