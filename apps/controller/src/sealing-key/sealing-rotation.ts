import { randomBytes } from 'node:crypto';
import { SEALING_KEY_BYTES, SEALING_PERIOD_MS } from '@oci-connector/connector-api';
import { type Secret } from '@oci-connector/kube';

/** On the Secret: when the current key became that (RFC 3339). */
export const ROTATED_AT_ANNOTATION = 'connectors.alauda.io/rotated-at';

/** What to do with the Secret now. */
export type SealingStep =
  /** It is missing or cannot be used: make both keys. */
  | { readonly kind: 'create' }
  /** The current key becomes the previous one. */
  | { readonly kind: 'rotate' }
  | { readonly kind: 'wait'; readonly until: number };

/** Pure: the same Secret at the same time gives the same step. */
export function nextSealingStep(now: number, secret: Secret | undefined): SealingStep {
  if (!isKey(secret?.data?.['current']) || !isKey(secret.data['previous'])) {
    return { kind: 'create' };
  }
  const rotatedAt = Date.parse(secret.metadata.annotations?.[ROTATED_AT_ANNOTATION] ?? '');
  // Without a date the age is unknown, and a rotation too many costs less than a key for ever.
  const due = Number.isNaN(rotatedAt) ? now : rotatedAt + SEALING_PERIOD_MS;
  return now >= due ? { kind: 'rotate' } : { kind: 'wait', until: due };
}

function isKey(value: string | undefined): value is string {
  return value !== undefined && Buffer.from(value, 'base64').length === SEALING_KEY_BYTES;
}

/** The data after a step: a rotation keeps the current key as the previous one. */
export function sealingData(kind: 'create' | 'rotate', secret: Secret | undefined): Record<string, string> {
  const previous = kind === 'rotate' ? secret?.data?.['current'] : undefined;
  return { current: newKey(), previous: previous ?? newKey() };
}

function newKey(): string {
  return randomBytes(SEALING_KEY_BYTES).toString('base64');
}
