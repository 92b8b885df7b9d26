import { setTimeout as delay } from 'node:timers/promises';

const PAUSE_MS = 100;

/**
 * Repeats the attempt until it succeeds, and resolves with its result.
 *
 * @throws Error with the error of the last attempt as its cause, when the time has expired
 */
export async function until<T>(milliseconds: number, attempt: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + milliseconds;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > deadline) {
        throw new Error(`not within ${milliseconds} ms: ${(error as Error).message}`, { cause: error });
      }
    }
    await delay(PAUSE_MS);
  }
}
