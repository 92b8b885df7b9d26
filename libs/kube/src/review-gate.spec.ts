import { ReviewGate, type ReviewGateOptions } from './review-gate';

/** Reviews that end when the test says so, in the order in which they began. */
class Reviews {
  readonly begun: string[] = [];
  readonly #ends: (() => void)[] = [];
  readonly #gate: ReviewGate;

  constructor(options: ReviewGateOptions) {
    this.#gate = new ReviewGate(options);
  }

  ask(name: string, owner: string, preferred = false): Promise<string> {
    return this.#gate
      .run({ owner, preferred }, () => {
        this.begun.push(name);
        return new Promise<void>((resolve) => this.#ends.push(resolve));
      })
      .then(
        () => 'answered',
        (error: Error) => error.name,
      );
  }

  /** Ends the oldest that runs, so many times. */
  async end(times = 1): Promise<void> {
    for (let time = 0; time < times; time += 1) {
      this.#ends.shift()?.();
      for (let turn = 0; turn < 5; turn += 1) {
        await Promise.resolve();
      }
    }
  }
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describe('an unauthenticated flood makes reviews wait only for those who flood', () => {
  it('the first question of another peer is served after one of the flood, not after all of them', async () => {
    const reviews = new Reviews({ concurrency: 5 });
    numbers(900).forEach((index) => void reviews.ask(`flood ${index}`, 'attacker'));
    void reviews.ask('honest', 'other');
    await reviews.end(2);
    expect(reviews.begun).toContain('honest');
  });

  it('a peer over its cap gets no place, and takes none of the others', async () => {
    const reviews = new Reviews({ concurrency: 1, maxWaitingPerOwner: 10, maxWaiting: 15 });
    const flood = numbers(1_150).map((index) => reviews.ask(`flood ${index}`, 'attacker'));
    const honest = numbers(5).map((index) => reviews.ask(`honest ${index}`, `peer ${index}`));
    // Beyond the cap of all together.
    expect(await reviews.ask('late', 'peer 6')).toBe('ReviewUnavailableError');
    await reviews.end(16);
    const refused = (await Promise.all(flood)).filter((end) => end !== 'answered');
    expect({ refused: refused.length, honest: await Promise.all(honest) }).toEqual({ refused: 1_139, honest: Array(5).fill('answered') });
  });

  it('what was confirmed before never waits behind strangers, and has places of its own', async () => {
    const reviews = new Reviews({ concurrency: 5 });
    numbers(100).forEach((index) => void reviews.ask(`stranger ${index}`, `peer ${index}`));
    // One place of five is not for strangers.
    expect(reviews.begun).toHaveLength(4);
    void reviews.ask('confirmed', 'node', true);
    expect(reviews.begun.at(-1)).toBe('confirmed');
    void reviews.ask('next', 'node', true);
    await reviews.end();
    expect(reviews.begun.at(-1)).toBe('next');
  });

  it('those who were confirmed do not keep strangers out either', async () => {
    const reviews = new Reviews({ concurrency: 5 });
    numbers(100).forEach((index) => void reviews.ask(`confirmed ${index}`, 'node', true));
    void reviews.ask('stranger', 'peer');
    expect(reviews.begun).toContain('stranger');
  });

  it('gives a place back when a review fails', async () => {
    const gate = new ReviewGate({ concurrency: 1 });
    const turn = { owner: 'x', preferred: false };
    await expect(gate.run(turn, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await gate.run(turn, () => Promise.resolve('yes'))).toBe('yes');
  });
});
