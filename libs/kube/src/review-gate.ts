import { FairQueue } from '@oci-connector/limits';
import { ReviewUnavailableError } from './kube.errors';

export interface ReviewGateOptions {
  /** The most reviews in flight at the same time; default 20, so that many new clients do not flood the API server. */
  readonly concurrency?: number;
  /** The most waiting reviews of one owner; default 1,000, because all pods of a node may share one address. Further ones are "unavailable". */
  readonly maxWaitingPerOwner?: number;
  /** The most waiting reviews in each lane; default 4,000. */
  readonly maxWaiting?: number;
}

/** The owner and the priority of a review. */
export interface Turn {
  /** The owner: a peer's address or a namespace. Owners share the API server. */
  readonly owner: string;
  /** The last answer was positive, or the token has a valid signature: the review does not wait behind those of unknown clients. */
  readonly preferred: boolean;
}

/** The share of the places that one lane may take. The rest stays free for the other lane. */
const LANE_SHARE = 0.8;

/**
 * Limits the reviews in flight and shares the places fairly. There is one lane for preferred reviews and one for all others, and within a
 * lane the owners take turns. So an owner with a thousand reviews makes only its own reviews wait.
 */
export class ReviewGate {
  readonly #concurrency: number;
  readonly #preferred = new Lane();
  readonly #others = new Lane();

  constructor(private readonly options: ReviewGateOptions) {
    this.#concurrency = options.concurrency ?? 20;
  }

  /**
   * Runs the review when it has a place.
   *
   * @throws ReviewUnavailableError when too many reviews wait; or the error of the review
   */
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

  /**
   * Resolves when a place has been taken for the waiting review. In a full lane, the review takes the place of the newest one of the owner
   * with the most, so that a few owners cannot keep out all others.
   */
  #wait(lane: Lane, owner: string): Promise<void> {
    const { maxWaiting = 4_000, maxWaitingPerOwner = 1_000 } = this.options;
    const displaced = lane.waiting.size >= maxWaiting ? lane.waiting.makeRoomFor(owner) : undefined;
    displaced?.refuse(tooMany());
    if (lane.waiting.size >= maxWaiting || lane.waiting.sizeOf(owner) >= maxWaitingPerOwner) {
      throw tooMany();
    }
    return new Promise((begin, refuse) => lane.waiting.push(owner, { begin, refuse }));
  }

  #next(): void {
    for (const lane of [this.#preferred, this.#others]) {
      while (lane.waiting.size > 0 && this.#hasPlace(lane)) {
        lane.running += 1;
        lane.waiting.shift()?.begin();
      }
    }
  }
}

/** Reviews of one priority: those in flight, and those that wait. */
class Lane {
  running = 0;
  readonly waiting = new FairQueue<{ readonly begin: () => void; readonly refuse: (error: Error) => void }>();
}

function tooMany(): ReviewUnavailableError {
  return new ReviewUnavailableError('Too many reviews are waiting for the API server');
}
