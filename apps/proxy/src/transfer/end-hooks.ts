/** Actions to run at the end of an operation, whether it succeeds or fails. */
export class EndHooks {
  #actions: (() => void)[] | undefined = [];

  /** Adds an action. Actions run in reverse order; an action that is added after the end runs immediately. */
  add(action: () => void): void {
    if (this.#actions === undefined) {
      action();
    } else {
      this.#actions.push(action);
    }
  }

  /** Runs all actions. Only the first call has an effect. */
  run(): void {
    const actions = this.#actions?.reverse() ?? [];
    this.#actions = undefined;
    for (const action of actions) {
      action();
    }
  }
}
