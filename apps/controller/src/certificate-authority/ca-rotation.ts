import { type CaCertificate, type CaKeyPair } from './ca-certificate';

/** The authority in the Secret, and the time of its publication. */
export interface CaState {
  /** Signs the proxy's certificates. */
  readonly signing?: CaKeyPair;
  /** The next authority in phase one of a rotation: published, but not signing yet. */
  readonly next?: CaKeyPair;
  /** Earlier authorities. They no longer sign, but certificates that they signed may still be in use. */
  readonly retired: readonly CaCertificate[];
  /** The time since when the published bundle contains `next`, in milliseconds since the epoch; undefined while it does not. */
  readonly nextPublishedAt?: number;
}

/** Durations of a rotation, in milliseconds. */
export interface CaPolicy {
  readonly lifetimeMs: number;
  /** How long an authority is published before it signs. Must exceed the time in which every client reads the bundle again. */
  readonly publicationMs: number;
}

/** The next step of a rotation. */
export type CaStep =
  /** There is no authority, or it has expired and there is no next one: create one that signs immediately. */
  | { readonly kind: 'create' }
  /** Phase one: create the next authority, and publish it together with the current one. */
  | { readonly kind: 'announce' }
  /** Phase two: the next authority signs; the former one stays published. */
  | { readonly kind: 'promote' }
  /** Phase three: remove expired certificates from the bundle. */
  | { readonly kind: 'drop' }
  /** Nothing to do before `until`. */
  | { readonly kind: 'wait'; readonly until: number };

/** Returns the next step. Pure: every replica gets the same step for the same state and time. */
export function nextCaStep(now: number, state: CaState, policy: CaPolicy): CaStep {
  const { signing, retired } = state;
  // Another one replaces a next authority that has expired, for example because no controller ran since it was announced.
  const next = isValid(state.next, now) ? state.next : undefined;
  if (!isValid(signing, now)) {
    return { kind: next ? 'promote' : 'create' };
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

/** Infinity while `next` is not published: publishing it changes the state, which leads to another call. */
function promotionTime({ nextPublishedAt = Infinity }: CaState, { publicationMs }: CaPolicy): number {
  return nextPublishedAt + publicationMs;
}

/** Two thirds of the lifetime, so that one third remains even if all attempts fail for weeks. */
function rotationTime({ notBefore, notAfter }: CaCertificate): number {
  return notBefore + ((notAfter - notBefore) * 2) / 3;
}

function hasExpired({ notAfter }: CaCertificate, now: number): boolean {
  return now >= notAfter;
}

/** Returns the state after a step other than `wait`; `fresh` is the new authority of `create` and `announce`. */
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

/** Returns the certificates that clients must trust: the signing one, then the next one, then the retired ones. */
export function publishedCertificates({ signing, next, retired }: CaState): CaCertificate[] {
  return [signing?.certificate, next?.certificate, ...retired].filter((certificate) => certificate !== undefined);
}
