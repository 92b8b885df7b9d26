import { randomBytes } from 'node:crypto';
import { SEALING_KEY_BYTES, SEALING_PERIOD_MS } from '@oci-connector/connector-api';
import { type Secret } from '@oci-connector/kube';

/** Annotation of the Secret: the time when the current key became current (RFC 3339). */
export const ROTATED_AT_ANNOTATION = 'connectors.alauda.io/rotated-at';

/** The next step for the Secret. */
export type SealingStep =
  /** The Secret is missing or unusable: create both keys. */
  | { readonly kind: 'create' }
  /** The current key becomes the previous one. */
  | { readonly kind: 'rotate' }
  | { readonly kind: 'wait'; readonly until: number };

/** Returns the next step. Pure. */
export function nextSealingStep(now: number, secret: Secret | undefined): SealingStep {
  if (!isKey(secret?.data?.['current']) || !isKey(secret.data['previous'])) {
    return { kind: 'create' };
  }
  const rotatedAt = Date.parse(secret.metadata.annotations?.[ROTATED_AT_ANNOTATION] ?? '');
  // Without a date the age is unknown. An extra rotation is better than a key that is never replaced.
  const due = Number.isNaN(rotatedAt) ? now : rotatedAt + SEALING_PERIOD_MS;
  return now >= due ? { kind: 'rotate' } : { kind: 'wait', until: due };
}

function isKey(value: string | undefined): value is string {
  return value !== undefined && Buffer.from(value, 'base64').length === SEALING_KEY_BYTES;
}

/** Returns the data after a step. A rotation keeps the current key as the previous one. */
export function sealingData(kind: 'create' | 'rotate', secret: Secret | undefined): Record<string, string> {
  const previous = kind === 'rotate' ? secret?.data?.['current'] : undefined;
  return { current: newKey(), previous: previous ?? newKey() };
}

function newKey(): string {
  return randomBytes(SEALING_KEY_BYTES).toString('base64');
}
