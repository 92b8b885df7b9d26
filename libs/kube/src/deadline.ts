import { type Clock, type Timer } from '@oci-connector/clock';

/**
 * One abort signal made of a time limit and a caller's signal. Unlike `AbortSignal.any` with `AbortSignal.timeout` it leaves
 * nothing behind on a caller's signal that lives as long as the process, and it follows the injected clock.
 */
export class Deadline {
  readonly #controller = new AbortController();
  readonly #timer: Timer;
  readonly #follow = (): void => this.#controller.abort(this.parent?.reason);
  /** True when the time ran out, as opposed to the caller giving up. */
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

  /** Lifts the time limit and keeps following the caller's signal. */
  extend(): void {
    this.#timer.cancel();
  }

  abort(reason: Error): void {
    this.#controller.abort(reason);
  }

  /** Must be called once the operation is over. */
  clear(): void {
    this.#timer.cancel();
    this.parent?.removeEventListener('abort', this.#follow);
  }
}
