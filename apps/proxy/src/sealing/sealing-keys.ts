import { type Clock } from '@oci-connector/clock';
import { SEALING_KEYS_NAME } from '@oci-connector/connector-api';
import { PolledSecret, type SecretData } from '@oci-connector/kube';
import { deriveSealingKey, type KeyRing, type SealingKey } from './key-ring';

export interface SealingKeysOptions {
  /** Gets the data of the Secret `connectors-proxy-sealing`; undefined when there is none. Has its own time limit. */
  readonly readSecret: (signal: AbortSignal) => Promise<SecretData | undefined>;
  readonly clock: Clock;
  /** Called after a failed read, for the log. Reading continues. */
  readonly onError?: (error: unknown) => void;
}

/** Least time between two reads for unknown key ids, because any client can send many of them. In milliseconds. */
const LOOKUP_INTERVAL_MS = 1_000;

/**
 * The sealing keys from the Secret that the controller maintains: `current` and `previous`, 32 random bytes each. They rotate daily, and an
 * unknown key id causes an immediate read.
 */
export class SealingKeys implements KeyRing {
  #keys: readonly SealingKey[] = [];
  readonly #secret: PolledSecret;

  constructor({ readSecret, clock, onError }: SealingKeysOptions) {
    this.#secret = new PolledSecret({ read: readSecret, use: (data) => this.#use(data), clock, onError });
  }

  /** Resolves after the first read, successful or not; {@link SealingKeys.current} shows the result. Reads again regularly until stopped. */
  start(): Promise<void> {
    return this.#secret.start();
  }

  stop(): void {
    this.#secret.stop();
  }

  current(): SealingKey | undefined {
    return this.#keys[0];
  }

  async find(id: string): Promise<SealingKey | undefined> {
    const known = this.#keys.find((key) => key.id === id);
    if (known !== undefined) {
      return known;
    }
    await this.#secret.readAgain(LOOKUP_INTERVAL_MS);
    return this.#keys.find((key) => key.id === id);
  }

  /** @throws Error without a usable current key: the previous one does not help, and the keys that were read before stay in use */
  #use(data: SecretData | undefined): void {
    const current = keyOf(data, 'current');
    if (current === undefined) {
      throw new Error(`the Secret ${SEALING_KEYS_NAME} has no usable key "current"; the controller creates it`);
    }
    const previous = keyOf(data, 'previous');
    this.#keys = previous === undefined ? [current] : [current, previous];
  }
}

function keyOf(data: SecretData | undefined, name: 'current' | 'previous'): SealingKey | undefined {
  const value = data?.[name];
  return value === undefined ? undefined : deriveSealingKey(Buffer.from(value, 'base64'));
}
