import { setTimeout as wait } from 'node:timers/promises';

/** Polls until the condition holds; fails after ten seconds, which no healthy run comes near. */
export async function eventually(condition: () => boolean, what = 'the condition'): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > deadline) {
      throw new Error(`${what} did not come true`);
    }
    await wait(2);
  }
}

/** Lets everything run that is ready to run without any timer, sockets included, many times over. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 12; turn++) {
    await wait(1);
  }
}
