let tasks: (() => void)[] = [];

/**
 * Runs a task after all events of this turn of the event loop. Used for writes to clients, so that the writes of a turn follow each other:
 * the first write wakes its reader, and the next ones find the reader awake.
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
