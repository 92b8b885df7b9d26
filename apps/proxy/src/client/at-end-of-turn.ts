let tasks: (() => void)[] = [];

/**
 * Has something done when all that has arrived in this turn of the event loop was looked at. For what is written to clients: a
 * write wakes its reader, and those that follow at once find the reader awake.
 *
 * @param task must not throw
 */
export function atEndOfTurn(task: () => void): void {
  if (tasks.push(task) === 1) {
    setImmediate(runAll);
  }
}

function runAll(): void {
  const due = tasks;
  tasks = [];
  for (const task of due) {
    task();
  }
}
