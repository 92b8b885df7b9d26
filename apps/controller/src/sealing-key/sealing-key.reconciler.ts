import { Secrets, type KubeClient, type ObjectKey, type Reconciler, type ReconcileResult, type Secret } from '@oci-connector/kube';
import { ROTATED_AT_ANNOTATION, nextSealingStep, sealingData } from './sealing-rotation';

/** Longest sleep, in milliseconds: timers do not advance on a suspended machine. */
const LOOK_AGAIN_MS = 3_600_000;

export interface SealingKeyOptions {
  readonly client: Pick<KubeClient, 'find' | 'create' | 'update'>;
  readonly now: () => number;
  /** Called after each change. */
  readonly onStep: (kind: 'create' | 'rotate') => void;
}

/** Reconciles the keys with which the proxy seals upload locations: creates them, and replaces the current one every day. */
export class SealingKeyReconciler implements Reconciler {
  constructor(private readonly options: SealingKeyOptions) {}

  async reconcile(key: ObjectKey, signal: AbortSignal): Promise<ReconcileResult> {
    const { client, now, onStep } = this.options;
    const secret = await client.find(Secrets, key, { signal });
    const step = nextSealingStep(now(), secret);
    if (step.kind === 'wait') {
      return { requeueAfterMs: Math.min(LOOK_AGAIN_MS, step.until - now()) };
    }
    const next = this.#next(key, step.kind, secret);
    await (secret ? client.update(Secrets, next, { signal }) : client.create(Secrets, next, { signal }));
    onStep(step.kind);
    return { requeueAfterMs: LOOK_AGAIN_MS };
  }

  #next(key: ObjectKey, kind: 'create' | 'rotate', secret: Secret | undefined): Secret {
    const annotations = { ...secret?.metadata.annotations, [ROTATED_AT_ANNOTATION]: new Date(this.options.now()).toISOString() };
    return {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { ...key, ...secret?.metadata, annotations },
      type: secret?.type ?? 'Opaque',
      data: sealingData(kind, secret),
    };
  }
}
