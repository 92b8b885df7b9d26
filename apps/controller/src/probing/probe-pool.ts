/**
 * Runs probes, at most so many at a time. What has never been asked goes before what is asked again, and of that the newest
 * first: somebody watches a Connector just made, and must not wait behind a thousand hosts that do not answer.
 */
export class ProbePool {
  readonly #first: (() => Promise<void>)[] = [];
  readonly #repeated: (() => Promise<void>)[] = [];
  #running = 0;
  readonly #idleWaiters: (() => void)[] = [];

  constructor(private readonly concurrency: number) {}

  /** Runs the task as soon as there is room. It handles its own errors. */
  add(task: () => Promise<void>, turn: 'first' | 'repeated'): void {
    (turn === 'first' ? this.#first : this.#repeated).push(task);
    this.#pump();
  }

  /** Drops what waits, and resolves when what runs has ended. */
  async stop(): Promise<void> {
    this.#first.length = 0;
    this.#repeated.length = 0;
    if (this.#running > 0) {
      await new Promise<void>((resolve) => this.#idleWaiters.push(resolve));
    }
  }

  #pump(): void {
    while (this.#running < this.concurrency) {
      const task = this.#first.pop() ?? this.#repeated.shift();
      if (!task) {
        return;
      }
      this.#running += 1;
      void task().finally(() => this.#done());
    }
  }

  #done(): void {
    this.#running -= 1;
    this.#pump();
    if (this.#running === 0) {
      this.#idleWaiters.splice(0).forEach((resolve) => resolve());
    }
  }
}
