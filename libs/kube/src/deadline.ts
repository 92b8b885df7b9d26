import { type Clock, type Timer } from '@oci-connector/clock';

/**
 * Combines a time limit and a caller's signal into one abort signal. Unlike `AbortSignal.any` with `AbortSignal.timeout`, it leaves no
 * listener on a caller's signal that lives as long as the process, and it uses the injected clock.
 */
export class Deadline {
  readonly #controller = new AbortController();
  readonly #timer: Timer;
  readonly #follow = (): void => this.#controller.abort(this.parent?.reason);
  /** True when the time limit has expired; false when the caller's signal aborted first. */
  expired = false;

  constructor(
    clock: Clock,
    ms: number,
    private readonly parent?: AbortSignal,
  ) {
    this.#timer = clock.setTimeout(() => {
      this.expired = true;
      this.#controller.abort(new Error(`no answer within ${ms} ms`));
    }, ms);
    parent?.addEventListener('abort', this.#follow);
    if (parent?.aborted === true) {
      this.#follow();
    }
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Removes the time limit; the caller's signal still counts. */
  extend(): void {
    this.#timer.cancel();
  }

  abort(reason: Error): void {
    this.#controller.abort(reason);
  }

  /** Must be called when the operation has ended. */
  clear(): void {
    this.#timer.cancel();
    this.parent?.removeEventListener('abort', this.#follow);
  }
}
