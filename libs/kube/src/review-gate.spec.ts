import { ReviewGate, type ReviewGateOptions } from './review-gate';

/** Reviews that end when the test ends them, in the order in which they began. */
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

  /** Ends the oldest running reviews. */
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

describe('an unauthenticated flood delays only the reviews of its own peers', () => {
  it('the first review of another peer waits for one review of the flood, not for all of them', async () => {
    const reviews = new Reviews({ concurrency: 5 });
    numbers(900).forEach((index) => void reviews.ask(`flood ${index}`, 'attacker'));
    void reviews.ask('honest', 'other');
    await reviews.end(2);
    expect(reviews.begun).toContain('honest');
  });

  it('a peer over its limit gets no place, and takes no place of the others', async () => {
    const reviews = new Reviews({ concurrency: 1, maxWaitingPerOwner: 10, maxWaiting: 15 });
    const flood = numbers(1_150).map((index) => reviews.ask(`flood ${index}`, 'attacker'));
    const honest = numbers(5).map((index) => reviews.ask(`honest ${index}`, `peer ${index}`));
    // Above the limit for all peers together: takes the place of the last review of the flood that waits.
    const late = reviews.ask('late', 'peer 6');
    await reviews.end(16);
    const refused = (await Promise.all(flood)).filter((end) => end !== 'answered');
    expect({ refused: refused.length, honest: await Promise.all([...honest, late]) }).toEqual({
      refused: 1_140,
      honest: Array(6).fill('answered'),
    });
  });

  it('several peers at their limits cannot keep out others, whose reviews they outnumber', async () => {
    const reviews = new Reviews({ concurrency: 1, maxWaitingPerOwner: 10, maxWaiting: 40 });
    const floods = numbers(4).flatMap((peer) => numbers(11).map((index) => reviews.ask(`flood ${index}`, `attacker ${peer}`)));
    const honest = numbers(3).map((index) => reviews.ask(`honest ${index}`, 'other'));
    await reviews.end(50);
    expect(await Promise.all(honest)).toEqual(Array(3).fill('answered'));
    const ends = await Promise.all(floods);
    // One began at once, 40 waited, and three lost their places.
    expect(ends.filter((end) => end === 'answered')).toHaveLength(38);
  });

  it('refuses a review when the limit for all peers is reached and no peer has more reviews', async () => {
    const reviews = new Reviews({ concurrency: 1, maxWaiting: 3 });
    const first = numbers(4).map((index) => reviews.ask(`review ${index}`, `peer ${index}`));
    expect(await reviews.ask('late', 'peer 5')).toBe('ReviewUnavailableError');
    expect(await reviews.ask('second', 'peer 1')).toBe('ReviewUnavailableError');
    await reviews.end(4);
    expect(await Promise.all(first)).toEqual(Array(4).fill('answered'));
  });

  it('confirmed clients never wait behind unknown ones, and have reserved places', async () => {
    const reviews = new Reviews({ concurrency: 5 });
    numbers(100).forEach((index) => void reviews.ask(`stranger ${index}`, `peer ${index}`));
    // One of five places is not available for unknown clients.
    expect(reviews.begun).toHaveLength(4);
    void reviews.ask('confirmed', 'node', true);
    expect(reviews.begun.at(-1)).toBe('confirmed');
    void reviews.ask('next', 'node', true);
    await reviews.end();
    expect(reviews.begun.at(-1)).toBe('next');
  });

  it('confirmed clients do not lock out unknown ones', async () => {
    const reviews = new Reviews({ concurrency: 5 });
    numbers(100).forEach((index) => void reviews.ask(`confirmed ${index}`, 'node', true));
    void reviews.ask('stranger', 'peer');
    expect(reviews.begun).toContain('stranger');
  });

  it('frees a place when a review fails', async () => {
    const gate = new ReviewGate({ concurrency: 1 });
    const turn = { owner: 'x', preferred: false };
    await expect(gate.run(turn, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await gate.run(turn, () => Promise.resolve('yes'))).toBe('yes');
  });
});
