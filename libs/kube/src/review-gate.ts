import { FairQueue } from '@oci-connector/limits';
import { ReviewUnavailableError } from './kube.errors';

export interface ReviewGateOptions {
  /** Reviews in flight at the same time; default 20, so that a crowd of new clients does not flood the API server. */
  readonly concurrency?: number;
  /** Reviews of one owner that wait for their turn; default 1,000, because one address may stand for all pods of a node. Beyond: "unavailable". */
  readonly maxWaitingPerOwner?: number;
  /** Reviews that wait for their turn in each lane; default 4,000. */
  readonly maxWaiting?: number;
}

/** Whose review it is. */
export interface Turn {
  /** Who shares the API server with others: a peer's address, a namespace. */
  readonly owner: string;
  /** The answer was a yes before, or the token is signed as it should be: it does not wait behind questions of strangers. */
  readonly preferred: boolean;
}

/** The part of the places that one lane may take while the other one has questions, too. */
const LANE_SHARE = 0.8;

/**
 * Limits the reviews in flight and shares them fairly: there is a lane for preferred questions and one for all others, and within a lane
 * the owners take turns. So whoever asks a thousand questions waits for them alone.
 */
export class ReviewGate {
  readonly #concurrency: number;
  readonly #preferred = new Lane();
  readonly #others = new Lane();

  constructor(private readonly options: ReviewGateOptions) {
    this.#concurrency = options.concurrency ?? 20;
  }

  /** @throws ReviewUnavailableError when too many wait, and what the review throws */
  async run<R>({ owner, preferred }: Turn, review: () => Promise<R>): Promise<R> {
    const lane = preferred ? this.#preferred : this.#others;
    if (!this.#hasPlace(lane)) {
      await this.#wait(lane, owner);
    } else {
      lane.running += 1;
    }
    try {
      return await review();
    } finally {
      lane.running -= 1;
      this.#next();
    }
  }

  #hasPlace(lane: Lane): boolean {
    const share = Math.max(1, Math.floor(this.#concurrency * LANE_SHARE));
    return this.#preferred.running + this.#others.running < this.#concurrency && lane.running < share;
  }

  /** Resolves when the place was taken for the one who waits. */
  #wait(lane: Lane, owner: string): Promise<void> {
    const { maxWaiting = 4_000, maxWaitingPerOwner = 1_000 } = this.options;
    if (lane.waiting.size >= maxWaiting || lane.waiting.sizeOf(owner) >= maxWaitingPerOwner) {
      throw new ReviewUnavailableError('Too many reviews are waiting for the API server');
    }
    return new Promise((resolve) => lane.waiting.push(owner, resolve));
  }

  #next(): void {
    for (const lane of [this.#preferred, this.#others]) {
      while (lane.waiting.size > 0 && this.#hasPlace(lane)) {
        lane.running += 1;
        lane.waiting.shift()?.();
      }
    }
  }
}

/** Reviews of one kind: those in flight, and those that wait. */
class Lane {
  running = 0;
  readonly waiting = new FairQueue<() => void>();
}
