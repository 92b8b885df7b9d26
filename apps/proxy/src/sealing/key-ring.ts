import { hkdfSync } from 'node:crypto';
import { SEALING_KEY_BYTES } from '@oci-connector/connector-api';

/** A key that seals upload locations, with its public name. */
export interface SealingKey {
  /** Says which key sealed a location; derived from the key by a one-way function, so it gives nothing away. */
  readonly id: string;
  /** For AES-256. */
  readonly key: Buffer;
}

/** The keys that open what any replica sealed in the last 24 hours. */
export interface KeyRing {
  /** The key to seal with; undefined while none is known. */
  current(): SealingKey | undefined;
  /** The key of that id. Looks again once where it is not known: another replica may have learnt of a new key first. */
  find(id: string): Promise<SealingKey | undefined>;
}

/** Enough to tell three keys apart; in bytes, a multiple of 3 for base64url without padding. */
const ID_BYTES = 6;

/**
 * Derives the key and its id from the shared secret (HKDF, RFC 5869), so that neither can be confused with the secret's
 * other uses, should it ever have one. The secret is uniformly random, so no salt is needed (RFC 5869 §3.1).
 *
 * @returns undefined when the secret does not have 32 bytes
 */
export function deriveSealingKey(secret: Buffer): SealingKey | undefined {
  if (secret.length !== SEALING_KEY_BYTES) {
    return undefined;
  }
  const derive = (info: string, bytes: number): Buffer =>
    Buffer.from(hkdfSync('sha256', secret, Buffer.alloc(0), `connectors-proxy-sealing/v1/${info}`, bytes));
  return { id: derive('id', ID_BYTES).toString('base64url'), key: derive('aes-256-gcm', 32) };
}
