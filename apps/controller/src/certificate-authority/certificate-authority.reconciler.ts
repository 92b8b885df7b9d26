import {
  ConfigMaps,
  Secrets,
  type ConfigMap,
  type KubeClient,
  type ObjectKey,
  type Reconciler,
  type ReconcileResult,
  type Secret,
} from '@oci-connector/kube';
import { isDeepStrictEqual } from 'node:util';
import { createCa } from './ca-certificate';
import { PUBLISHED_AT_ANNOTATION, caConfigMapData, caSecretData, isPublished, readCaState } from './ca-objects';
import { applyCaStep, nextCaStep, type CaPolicy, type CaState, type CaStep } from './ca-rotation';

/** Longest sleep, in milliseconds: timers do not advance on a suspended machine. */
const LOOK_AGAIN_MS = 3_600_000;

export interface CertificateAuthorityReconcilerOptions {
  readonly client: Pick<KubeClient, 'find' | 'create' | 'update'>;
  readonly policy: CaPolicy;
  readonly now: () => number;
  /** Called after each step. */
  readonly onStep: (kind: Exclude<CaStep['kind'], 'wait'>) => void;
}

/**
 * Reconciles the proxy's certificate authority: takes the due steps, with one write each, then publishes the bundle. The Secret is
 * written before the ConfigMap, and a new authority signs only after the ConfigMap has contained it long enough. So a failed write in
 * between only delays the rotation.
 */
export class CertificateAuthorityReconciler implements Reconciler {
  constructor(private readonly options: CertificateAuthorityReconcilerOptions) {}

  async reconcile(key: ObjectKey, signal: AbortSignal): Promise<ReconcileResult> {
    const { client, policy, now } = this.options;
    const configMap = await client.find(ConfigMaps, key, { signal });
    let secret = await client.find(Secrets, key, { signal });
    let state = readCaState(secret, configMap);
    for (let step = nextCaStep(now(), state, policy); step.kind !== 'wait'; step = nextCaStep(now(), state, policy)) {
      state = await this.#take(step.kind, state);
      secret = await this.#writeSecret(key, { secret, state, signal });
      this.options.onStep(step.kind);
    }
    if (!isDeepStrictEqual(secret?.data, caSecretData(state))) {
      await this.#writeSecret(key, { secret, state, signal });
    }
    const published = await this.#publish(key, { configMap, state, signal });
    return { requeueAfterMs: this.#untilNextStep(readCaState(secret, published)) };
  }

  async #take(kind: Exclude<CaStep['kind'], 'wait'>, state: CaState): Promise<CaState> {
    const { policy, now } = this.options;
    const fresh = kind === 'create' || kind === 'announce' ? await createCa(now(), policy.lifetimeMs) : undefined;
    return applyCaStep(state, kind, now(), fresh);
  }

  async #writeSecret(key: ObjectKey, { secret, state, signal }: { secret?: Secret; state: CaState; signal: AbortSignal }): Promise<Secret> {
    const data = caSecretData(state);
    if (secret) {
      return this.options.client.update(Secrets, { ...secret, data }, { signal });
    }
    const created: Secret = { apiVersion: 'v1', kind: 'Secret', metadata: { ...key }, type: 'kubernetes.io/tls', data };
    return this.options.client.create(Secrets, created, { signal });
  }

  async #publish(
    key: ObjectKey,
    { configMap, state, signal }: { configMap?: ConfigMap; state: CaState; signal: AbortSignal },
  ): Promise<ConfigMap> {
    if (configMap && isPublished(configMap, state)) {
      return configMap;
    }
    const since = new Date(this.options.now()).toISOString();
    const metadata = {
      ...key,
      ...configMap?.metadata,
      annotations: { ...configMap?.metadata.annotations, [PUBLISHED_AT_ANNOTATION]: since },
    };
    const next: ConfigMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: caConfigMapData(state) };
    return configMap ? this.options.client.update(ConfigMaps, next, { signal }) : this.options.client.create(ConfigMaps, next, { signal });
  }

  #untilNextStep(state: CaState): number {
    const { policy, now } = this.options;
    const step = nextCaStep(now(), state, policy);
    return step.kind === 'wait' ? Math.min(LOOK_AGAIN_MS, Math.max(0, step.until - now())) : 0;
  }
}
