import { type CaCertificate, type CaKeyPair } from './ca-certificate';

/** The authority as it stands in the Secret, and what is known of its publication. */
export interface CaState {
  /** Signs the proxy's certificates. */
  readonly signing?: CaKeyPair;
  /** Phase one of a rotation: published, but does not sign yet. */
  readonly next?: CaKeyPair;
  /** Do not sign any more, but what they signed may still be in use. */
  readonly retired: readonly CaCertificate[];
  /** Since when the published bundle has `next` in it; undefined as long as it has not. Milliseconds since the epoch. */
  readonly nextPublishedAt?: number;
}

/** How long things last, in milliseconds. */
export interface CaPolicy {
  readonly lifetimeMs: number;
  /** How long a certificate is published before it signs: longer than any client takes to read the bundle anew. */
  readonly publicationMs: number;
}

/** The one thing to do next. */
export type CaStep =
  /** There is no authority, or it has expired with none to follow: make one that signs at once. */
  | { readonly kind: 'create' }
  /** Phase one: make the next one, and publish it beside the present one. */
  | { readonly kind: 'announce' }
  /** Phase two: the next one signs from now on; the present one stays published. */
  | { readonly kind: 'promote' }
  /** Phase three: take out of the bundle what has expired. */
  | { readonly kind: 'drop' }
  /** Nothing to do before `until`. */
  | { readonly kind: 'wait'; readonly until: number };

/** What to do now. Pure: the same state at the same time gives the same step, whichever replica asks. */
export function nextCaStep(now: number, state: CaState, policy: CaPolicy): CaStep {
  const { signing, next, retired } = state;
  if (!isValid(signing, now)) {
    return { kind: isValid(next, now) ? 'promote' : 'create' };
  }
  if (retired.some((certificate) => hasExpired(certificate, now))) {
    return { kind: 'drop' };
  }
  const dueAt = next ? promotionTime(state, policy) : rotationTime(signing.certificate);
  if (now >= dueAt) {
    return { kind: next ? 'promote' : 'announce' };
  }
  return { kind: 'wait', until: Math.min(dueAt, signing.certificate.notAfter, ...retired.map(({ notAfter }) => notAfter)) };
}

function isValid(pair: CaKeyPair | undefined, now: number): pair is CaKeyPair {
  return pair !== undefined && !hasExpired(pair.certificate, now);
}

/** Not published yet means never: the publication changes the state. */
function promotionTime({ nextPublishedAt = Infinity }: CaState, { publicationMs }: CaPolicy): number {
  return nextPublishedAt + publicationMs;
}

/** At two thirds of its life, so that one third is left should every attempt fail for weeks. */
function rotationTime({ notBefore, notAfter }: CaCertificate): number {
  return notBefore + ((notAfter - notBefore) * 2) / 3;
}

function hasExpired({ notAfter }: CaCertificate, now: number): boolean {
  return now >= notAfter;
}

/** The state after a step that is not `wait`; `fresh` is the authority made for `create` and `announce`. */
export function applyCaStep(state: CaState, kind: Exclude<CaStep['kind'], 'wait'>, now: number, fresh?: CaKeyPair): CaState {
  const { signing, next, retired } = state;
  const stillValid = retired.filter((certificate) => !hasExpired(certificate, now));
  switch (kind) {
    case 'create':
      return { signing: fresh, retired: stillValid };
    case 'announce':
      return { signing, next: fresh, retired: stillValid };
    case 'promote':
      return {
        signing: next,
        retired: signing && !hasExpired(signing.certificate, now) ? [signing.certificate, ...stillValid] : stillValid,
      };
    case 'drop':
      return { ...state, retired: stillValid };
  }
}

/** What clients have to trust: the one that signs first, then the one that will, then those that did. */
export function publishedCertificates({ signing, next, retired }: CaState): CaCertificate[] {
  return [signing?.certificate, next?.certificate, ...retired].filter((certificate) => certificate !== undefined);
}
