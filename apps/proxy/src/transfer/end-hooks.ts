/** What is to be done at an end, in whatever way that comes. */
export class EndHooks {
  #actions: (() => void)[] | undefined = [];

  /** The last one added is done first; one that is added after the end, immediately. */
  add(action: () => void): void {
    if (this.#actions === undefined) {
      action();
    } else {
      this.#actions.push(action);
    }
  }

  /** Does all of it, once. */
  run(): void {
    const actions = this.#actions?.reverse() ?? [];
    this.#actions = undefined;
    for (const action of actions) {
      action();
    }
  }
}
