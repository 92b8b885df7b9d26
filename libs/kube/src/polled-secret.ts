import { type Clock, type Timer } from '@oci-connector/clock';

/** The data of a Secret as the API server sends it, in base64. */
export type SecretData = Readonly<Record<string, string>>;

export interface PolledSecretOptions {
  /** Gets the data; undefined when there is no Secret. Has its own time limit. */
  readonly read: (signal: AbortSignal) => Promise<SecretData | undefined>;
  /** Receives the data after each read. Throws when the data cannot be used; the read then counts as failed. */
  readonly use: (data: SecretData | undefined) => void;
  readonly clock: Clock;
  /** Called after a failed read, for the log. Reading continues. */
  readonly onError?: (error: unknown) => void;
}

/** Time between two reads. In milliseconds. */
const PERIOD_MS = 60_000;

/** Time between two reads before the first usable data, so that a program that starts before the author of the Secret gets it soon. In milliseconds. */
const FIRST_PERIOD_MS = 2_000;

/**
 * Reads a Secret of the installation every minute. A program reads such a Secret by `get` of its one name and does not watch it, because
 * that needs the least permission. After a failed read, the data of the last successful one stays in use.
 */
export class PolledSecret {
  #hasData = false;
  #readAt = -Infinity;
  #reading?: Promise<void>;
  #timer?: Timer;
  readonly #stopped = new AbortController();

  constructor(private readonly options: PolledSecretOptions) {}

  /** Resolves after the first read, successful or not. Reads again regularly until stopped. */
  async start(): Promise<void> {
    await this.#read();
    this.#schedule();
  }

  stop(): void {
    this.#stopped.abort();
    this.#timer?.cancel();
  }

  /** Reads now, or joins a read in progress. Does nothing if the last read began less than `intervalMs` ago and has ended. */
  async readAgain(intervalMs: number): Promise<void> {
    if (this.#reading !== undefined || this.options.clock.monotonic() - this.#readAt >= intervalMs) {
      await this.#read();
    }
  }

  #schedule(): void {
    if (this.#stopped.signal.aborted) {
      return;
    }
    this.#timer = this.options.clock.setTimeout(() => void this.start(), this.#hasData ? PERIOD_MS : FIRST_PERIOD_MS);
  }

  /** Never rejects. */
  #read(): Promise<void> {
    this.#reading ??= this.#readNow().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #readNow(): Promise<void> {
    this.#readAt = this.options.clock.monotonic();
    try {
      this.options.use(await this.options.read(this.#stopped.signal));
      this.#hasData = true;
    } catch (error) {
      if (!this.#stopped.signal.aborted) {
        this.options.onError?.(error);
      }
    }
  }
}
