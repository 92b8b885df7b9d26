import { setTimeout as wait } from 'node:timers/promises';

/** Much longer than a working machine needs, and shorter than Jest's limit, so that a failure has a message. In milliseconds. */
const DEADLINE_MS = 30_000;
const PAUSE_MS = 5;

/** The real functions, read before a test can install fake timers. */
const pause = wait;
const elapsed = performance.now.bind(performance);

/** Polls until the condition is true. */
export async function until(condition: () => boolean | Promise<boolean>, deadlineMs = DEADLINE_MS): Promise<void> {
  await poll(
    condition,
    (holds) => holds,
    () => 'the condition did not become true',
    deadlineMs,
  );
}

/** Calls `ask` until it returns a value, and resolves with it. `undefined` and `false` do not count as values. */
export async function eventually<T>(
  ask: () => T | undefined | false | Promise<T | undefined | false>,
  what: string | (() => string) = 'the condition',
  deadlineMs = DEADLINE_MS,
): Promise<T> {
  const found = await poll(
    ask,
    (answer) => answer !== undefined && answer !== false,
    () => `timed out waiting for ${typeof what === 'string' ? what : what()}`,
    deadlineMs,
  );
  return found as T;
}

/** Calls `ask` until the answer is right, and resolves with it. */
export async function untilRight<T>(ask: () => Promise<T>, isRight: (answer: T) => boolean): Promise<T> {
  return poll(ask, isRight, (answer) => `the answer did not become right; the last one: ${JSON.stringify(answer)}`, DEADLINE_MS);
}

async function poll<T>(
  ask: () => T | Promise<T>,
  isRight: (answer: T) => boolean,
  problem: (answer: T) => string,
  deadlineMs: number,
): Promise<T> {
  const deadline = elapsed() + deadlineMs;
  for (;;) {
    const answer = await ask();
    if (isRight(answer)) {
      return answer;
    }
    if (elapsed() > deadline) {
      throw new Error(`${problem(answer)} within ${deadlineMs} ms`);
    }
    await pause(PAUSE_MS);
  }
}
