import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pLimit from 'p-limit';
import { type KubeObject } from '@oci-connector/connector-api';
import { decodeTokenUnverified, type KubeClient, type ResourceType } from '@oci-connector/kube';
import { type Sensitive } from '@oci-connector/sensitive';
import { requestToken } from '../installation/request-token';
import { until } from '../processes/until';
import { CsiNodeClient, publishRequest } from './csi-node-client';

export const CsiDrivers: ResourceType<CsiDriver> = {
  group: 'storage.k8s.io',
  version: 'v1',
  plural: 'csidrivers',
  kind: 'CSIDriver',
  namespaced: false,
};
export const Pods: ResourceType<Pod> = { group: '', version: 'v1', plural: 'pods', kind: 'Pod', namespaced: true };

interface CsiDriver extends KubeObject {
  readonly spec: {
    readonly tokenRequests?: readonly { readonly audience: string; readonly expirationSeconds?: number }[];
    readonly serviceAccountTokenInSecrets?: boolean;
  };
}

/** The part of a Pod that the kubelet needs to mount its volumes. */
export interface Pod extends KubeObject {
  readonly spec?: {
    readonly serviceAccountName?: string;
    readonly volumes?: readonly { readonly name: string; readonly csi?: InlineVolume }[];
  };
}

interface InlineVolume {
  readonly driver: string;
  readonly readOnly?: boolean;
  readonly volumeAttributes?: Readonly<Record<string, string>>;
}

/** Returns the names of the volumes that this driver provides to the pod. */
export function volumesOf({ spec }: Pod, driver: string): string[] {
  return (spec?.volumes ?? []).filter(({ csi }) => csi?.driver === driver).map(({ name }) => name);
}

export interface PublishOptions {
  readonly client: KubeClient;
  /** Path of the driver's socket. */
  readonly socket: string;
  /** OCI_CONNECTOR_CSI_KUBELET_DIRECTORY of the driver. */
  readonly kubeletDirectory: string;
  /** The Pod from the API server, with its UID. */
  readonly pod: Pod;
  /** Name of the CSI volume in the pod. */
  readonly volume: string;
  /** Called when a republish failed. The next republish is the retry. */
  readonly onProblem: (error: Error) => void;
  /** Time for the first publish, in milliseconds; the default is enough for a driver that was just started. */
  readonly patienceMs?: number;
  /** Time between two calls, in milliseconds; by default about that of the kubelet. */
  readonly republishMs?: number;
  /** A token is renewed when at most this share of its lifetime is left; by default that of the kubelet. */
  readonly renewalShare?: number;
}

/** The kubelet syncs each pod after a minute (its syncFrequency), or up to half a minute later. */
const KUBELET_REPUBLISH_MS = 60_000;

/** requiresRefresh in pkg/kubelet/token/token_manager.go of Kubernetes. */
const KUBELET_RENEWAL_SHARE = 0.2;

/** Long enough for a driver that was just started: it refuses until it has read the Connector. In milliseconds. */
const FIRST_PUBLISH_MS = 30_000;

/** Default lifetime of a token, in seconds (TokenRequestSpec of Kubernetes). */
const DEFAULT_TOKEN_SECONDS = 3600;

interface PodToken {
  readonly token: Sensitive;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  /** Time to request the next token, in milliseconds since the epoch. */
  readonly renewAt: number;
}

/**
 * A CSI volume of a pod, for which this process replaces the kubelet. It publishes the volume, republishes it as `requiresRepublish`
 * demands, with a new token before the old one expires, and unpublishes it. The tokens are those that the CSIDriver object requests,
 * bound to the pod.
 */
export class PublishedVolume {
  /** Directory of the files that the pod would see. */
  readonly directory: string;
  readonly #driver: CsiNodeClient;
  readonly #volumeId: string;
  readonly #volume: InlineVolume;
  readonly #tokens = new Map<string, PodToken>();
  readonly #issued: Sensitive[] = [];
  readonly #ended = new AbortController();
  /** One call at a time, so that the files contain the newest token after the last one. */
  readonly #oneAtATime = pLimit(1);
  #delivered = 0;
  #republishing: Promise<void> = Promise.resolve();

  private constructor(private readonly options: PublishOptions) {
    const { pod, volume: name, kubeletDirectory, socket } = options;
    const { uid = '', name: podName } = pod.metadata;
    const { csi } = pod.spec?.volumes?.find((volume) => volume.name === name) ?? {};
    if (!csi) {
      throw new Error(`Pod ${podName} has no CSI volume ${name}`);
    }
    this.#volume = csi;
    // The kubelet uses the same names (makeVolumeHandle and getTargetPath of pkg/volume/csi).
    this.#volumeId = `csi-${createHash('sha256')
      .update(uid + name)
      .digest('hex')}`;
    this.directory = path.join(kubeletDirectory, 'pods', uid, 'volumes', 'kubernetes.io~csi', name, 'mount');
    this.#driver = new CsiNodeClient(socket);
  }

  /**
   * Publishes the volume, and resolves when the files exist. After that, the volume is republished until {@link unpublish}.
   *
   * @throws Error with the driver's message when the driver still refuses after the time
   */
  static async publish(options: PublishOptions): Promise<PublishedVolume> {
    const volume = new PublishedVolume(options);
    try {
      await mkdir(path.dirname(volume.directory), { recursive: true });
      await until(options.patienceMs ?? FIRST_PUBLISH_MS, () => volume.#call());
    } catch (error) {
      volume.#driver.close();
      throw error;
    }
    volume.#republishing = volume.#republish();
    return volume;
  }

  /** Every token that was passed to the driver, oldest first. */
  get issued(): readonly Sensitive[] {
    return this.#issued;
  }

  /** Number of {@link issued} tokens for which the driver has responded: the files contain the last of these, or a later one. */
  get delivered(): number {
    return this.#delivered;
  }

  /**
   * Replaces the tokens before they must be renewed, as the kubelet does after its restart.
   *
   * @throws Error with the driver's message when it refuses
   */
  renew(): Promise<void> {
    return this.#oneAtATime(() => {
      this.#tokens.clear();
      return this.#publishNow();
    });
  }

  /**
   * Unpublishes the volume, which removes the directory.
   *
   * @throws Error with the driver's message when it fails
   */
  async unpublish(): Promise<void> {
    this.#ended.abort();
    await this.#republishing;
    try {
      await this.#driver.unpublish({ volume_id: this.#volumeId, target_path: this.directory });
    } finally {
      this.#driver.close();
    }
  }

  async #republish(): Promise<void> {
    const { republishMs = KUBELET_REPUBLISH_MS, onProblem } = this.options;
    // `delay` rejects only when the volume is unpublished.
    const pause = (): Promise<boolean> => delay(republishMs, true, { signal: this.#ended.signal }).catch(() => false);
    while (await pause()) {
      await this.#call().catch(onProblem);
    }
  }

  #call(): Promise<void> {
    return this.#oneAtATime(() => this.#publishNow());
  }

  async #publishNow(): Promise<void> {
    const { pod, client } = this.options;
    const { spec } = await client.get(CsiDrivers, { name: this.#volume.driver });
    const tokens = await this.#currentTokens(spec);
    const issued = this.#issued.length;
    const { namespace = '', name, uid = '' } = pod.metadata;
    await this.#driver.publish(
      publishRequest({
        volumeId: this.#volumeId,
        target: this.directory,
        readOnly: this.#volume.readOnly ?? false,
        attributes: this.#volume.volumeAttributes ?? {},
        pod: { namespace, name, uid },
        serviceAccount: serviceAccountOf(pod),
        tokens,
        tokensInSecrets: spec.serviceAccountTokenInSecrets ?? false,
      }),
    );
    this.#delivered = issued;
  }

  async #currentTokens({ tokenRequests = [] }: CsiDriver['spec']): Promise<string> {
    const entries: [string, object][] = [];
    for (const { audience, expirationSeconds = DEFAULT_TOKEN_SECONDS } of tokenRequests) {
      const { token, expiresAt } = await this.#tokenFor(audience, expirationSeconds);
      entries.push([audience, { token: token.reveal(), expirationTimestamp: new Date(expiresAt).toISOString() }]);
    }
    return JSON.stringify(Object.fromEntries(entries));
  }

  async #tokenFor(audience: string, expirationSeconds: number): Promise<PodToken> {
    const current = this.#tokens.get(audience);
    if (current && Date.now() < current.renewAt) {
      return current;
    }
    const { client, pod, renewalShare = KUBELET_RENEWAL_SHARE } = this.options;
    const { namespace = '', name, uid = '' } = pod.metadata;
    const token = await requestToken(client, { namespace, name: serviceAccountOf(pod), audience, expirationSeconds, pod: { name, uid } });
    const { expiresAt } = decodeTokenUnverified(token);
    const next = { token, expiresAt, renewAt: expiresAt - renewalShare * expirationSeconds * 1000 };
    this.#tokens.set(audience, next);
    this.#issued.push(token);
    return next;
  }
}

/** Returns the pod's ServiceAccount, with the default of the ServiceAccount admission controller of Kubernetes. */
function serviceAccountOf({ spec }: Pod): string {
  return spec?.serviceAccountName ?? 'default';
}
