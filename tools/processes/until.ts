import { setTimeout as delay } from 'node:timers/promises';

const PAUSE_MS = 100;

/**
 * Tries until it succeeds; resolves with what the attempt returned.
 *
 * @throws the last attempt's error, with the time it was given, when that is over
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
