/** kube-apiserver remembers for 10 seconds that a token was right. */
const DEADLINE_MS = 30_000;
const PAUSE_MS = 50;

/**
 * Asks until the answer is right. A real API server decides from caches that follow its storage, so that a new role, account or
 * type counts a moment later.
 */
export async function eventually<T>(ask: () => Promise<T>, isRight: (answer: T) => boolean): Promise<T> {
  const deadline = Date.now() + DEADLINE_MS;
  for (;;) {
    const answer = await ask();
    if (isRight(answer)) return answer;
    if (Date.now() > deadline) throw new Error(`not within ${DEADLINE_MS} ms; last answer: ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}
