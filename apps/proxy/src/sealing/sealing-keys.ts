import { type Clock, type Timer } from '@oci-connector/clock';
import { deriveSealingKey, type KeyRing, type SealingKey } from './key-ring';

/** The Secret's data as the API server sends it, in base64. */
type SecretData = Readonly<Record<string, string>>;

export interface SealingKeysOptions {
  /** Gets the data of the Secret `connectors-proxy-sealing`; undefined when there is none. Has its own time limit. */
  readSecret: (signal: AbortSignal) => Promise<SecretData | undefined>;
  clock: Clock;
  /** Called after a failed read, for the log. Reading continues. */
  onError?: (error: unknown) => void;
}

/** Time between two reads. Keys rotate daily, and an unknown key id causes an immediate read, so a minute is enough. In milliseconds. */
const PERIOD_MS = 60_000;

/** Time between two reads before the first key, so that a proxy that starts before the controller gets it soon. In milliseconds. */
const FIRST_PERIOD_MS = 2_000;

/** Least time between two reads for unknown key ids, because any client can send many of them. In milliseconds. */
const LOOKUP_INTERVAL_MS = 1_000;

/**
 * The sealing keys from the Secret that the controller maintains: `current` and `previous`, 32 random bytes each. The proxy reads it by
 * `get` of this one name and does not watch it, because that needs the least permission, and the keys change only once a day.
 */
export class SealingKeys implements KeyRing {
  #keys: readonly SealingKey[] = [];
  #readAt = -Infinity;
  #reading?: Promise<void>;
  #timer?: Timer;
  readonly #stopped = new AbortController();

  constructor(private readonly options: SealingKeysOptions) {}

  /**
   * Resolves after the first read, successful or not; {@link SealingKeys.current} shows the result. Reads again regularly until stopped.
   */
  async start(): Promise<void> {
    await this.#read();
    this.#schedule();
  }

  stop(): void {
    this.#stopped.abort();
    this.#timer?.cancel();
  }

  current(): SealingKey | undefined {
    return this.#keys[0];
  }

  async find(id: string): Promise<SealingKey | undefined> {
    const known = this.#keys.find((key) => key.id === id);
    if (known !== undefined) {
      return known;
    }
    if (this.#reading === undefined && this.options.clock.monotonic() - this.#readAt < LOOKUP_INTERVAL_MS) {
      return undefined;
    }
    await this.#read();
    return this.#keys.find((key) => key.id === id);
  }

  #schedule(): void {
    if (this.#stopped.signal.aborted) {
      return;
    }
    const period = this.#keys.length === 0 ? FIRST_PERIOD_MS : PERIOD_MS;
    this.#timer = this.options.clock.setTimeout(() => {
      void this.#read().then(() => this.#schedule());
    }, period);
  }

  /** Never rejects: after a failure the last keys that were read stay in use. */
  #read(): Promise<void> {
    this.#reading ??= this.#readNow().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #readNow(): Promise<void> {
    this.#readAt = this.options.clock.monotonic();
    try {
      const data = await this.options.readSecret(this.#stopped.signal);
      const current = keyOf(data, 'current');
      // Without a usable current key the previous one does not help; the keys that were read before stay in use.
      if (current === undefined) {
        throw new Error('the Secret with the sealing keys has no usable key "current"; the controller creates it');
      }
      const previous = keyOf(data, 'previous');
      this.#keys = previous === undefined ? [current] : [current, previous];
    } catch (error) {
      if (!this.#stopped.signal.aborted) {
        this.options.onError?.(error);
      }
    }
  }
}

function keyOf(data: SecretData | undefined, name: 'current' | 'previous'): SealingKey | undefined {
  const value = data?.[name];
  return value === undefined ? undefined : deriveSealingKey(Buffer.from(value, 'base64'));
}
