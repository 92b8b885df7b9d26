import { hkdfSync } from 'node:crypto';
import { SEALING_KEY_BYTES } from '@oci-connector/connector-api';

/** A key that seals upload locations, with its public id. */
export interface SealingKey {
  /** Identifies the key that sealed a location. Derived from the secret by a one-way function, so it reveals nothing about the key. */
  readonly id: string;
  /** For AES-256. */
  readonly key: Buffer;
}

/** The keys that open every location that any replica sealed in the last 24 hours. */
export interface KeyRing {
  /** Returns the key to seal with; undefined until one has been read. */
  current(): SealingKey | undefined;
  /** Returns the key with this id. Reads the keys again once for an unknown id: another replica may have read a new key first. */
  find(id: string): Promise<SealingKey | undefined>;
}

/** Enough to distinguish three keys. In bytes; a multiple of 3, so that base64url needs no padding. */
const ID_BYTES = 6;

/**
 * Derives the key and its id from the shared secret (HKDF, RFC 5869), so that neither can be confused with a value that is derived from
 * the secret for another purpose. The secret is uniformly random, so no salt is needed (RFC 5869 §3.1).
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
