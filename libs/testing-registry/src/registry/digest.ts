import { createHash, type Hash } from 'node:crypto';

/** Registered algorithms of image-spec's descriptor grammar, with the number of hex digits. */
const HEX_LENGTH: Readonly<Record<string, number>> = { sha256: 64, sha512: 128 };

/** A valid digest, `algorithm:hex`. */
export interface Digest {
  readonly text: string;
  readonly algorithm: string;
  readonly hex: string;
}

/** Parses a digest; undefined unless it is a complete, lower-case digest of a registered algorithm. */
export function parseDigest(text: string): Digest | undefined {
  const match = /^([a-z0-9]+):([0-9a-f]+)$/.exec(text);
  const [, algorithm = '', hex = ''] = match ?? [];
  return HEX_LENGTH[algorithm] === hex.length ? { text, algorithm, hex } : undefined;
}

/** Reports whether a reference must be a digest: tags have no colon. */
export function looksLikeDigest(reference: string): boolean {
  return reference.includes(':');
}

export function newHash(algorithm: string): Hash {
  return createHash(algorithm);
}

export function digestOf(content: Buffer | string, algorithm = 'sha256'): string {
  return `${algorithm}:${createHash(algorithm).update(content).digest('hex')}`;
}
