import { LookupError } from './lookup-error';

/** The most lookups in flight. */
export interface LookupLimits {
  /** For one owner. */
  readonly perOwner: number;
  /** For all owners together. */
  readonly total: number;
}

/** One owner's part in a lookup. All callers of the owner wait for its answer. */
interface Seat<T> {
  readonly answer: Promise<T>;
  resolve(value: T): void;
  reject(error: unknown): void;
}

interface Flight<T> {
  readonly name: string;
  readonly stop: AbortController;
  readonly seats: Map<string, Seat<T>>;
}

/**
 * Shares one lookup in flight for each name among all callers. A lookup above a limit displaces the oldest one: the owner's oldest, or the
 * oldest of all. A healthy lookup takes milliseconds, so the oldest one is probably unanswered, and no new lookup ever waits for it.
 */
export class SharedLookups<T> {
  /** In the order in which they began. */
  readonly #flights = new Map<string, Flight<T>>();
  /** The lookups of each owner, in the order in which the owner joined. */
  readonly #owners = new Map<string, Set<Flight<T>>>();

  constructor(private readonly limits: LookupLimits) {}

  get size(): number {
    return this.#flights.size;
  }

  /**
   * Returns the answer of the lookup of this name that is in flight, or starts one.
   *
   * @param start gets a signal that aborts when no owner has a part in the lookup any more
   */
  join(name: string, owner: string, start: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const flight = this.#flights.get(name) ?? this.#begin(name, start);
    return (flight.seats.get(owner) ?? this.#seat(flight, owner)).answer;
  }

  #begin(name: string, start: (signal: AbortSignal) => Promise<T>): Flight<T> {
    if (this.#flights.size >= this.limits.total) {
      this.#giveUpOldest();
    }
    const flight: Flight<T> = { name, stop: new AbortController(), seats: new Map() };
    this.#flights.set(name, flight);
    start(flight.stop.signal).then(
      (value) => this.#end(flight, (seat) => seat.resolve(value)),
      (error: unknown) => this.#end(flight, (seat) => seat.reject(error)),
    );
    return flight;
  }

  #seat(flight: Flight<T>, owner: string): Seat<T> {
    const owned = this.#owners.get(owner) ?? new Set();
    this.#owners.set(owner, owned);
    const [oldest] = owned;
    if (oldest && owned.size >= this.limits.perOwner) {
      this.#leave(oldest, owner);
    }
    // After #leave, which deletes an owner without lookups.
    this.#owners.set(owner, owned.add(flight));
    const seat = newSeat<T>();
    flight.seats.set(owner, seat);
    return seat;
  }

  /** Removes the owner from the lookup, which continues for other owners and otherwise ends. */
  #leave(flight: Flight<T>, owner: string): void {
    flight.seats.get(owner)?.reject(crowdedOut());
    this.#unseat(flight, owner);
    if (flight.seats.size > 0) {
      return;
    }
    this.#flights.delete(flight.name);
    flight.stop.abort();
  }

  #giveUpOldest(): void {
    const [oldest] = this.#flights.values();
    if (oldest) {
      for (const owner of [...oldest.seats.keys()]) {
        this.#leave(oldest, owner);
      }
    }
  }

  #end(flight: Flight<T>, settle: (seat: Seat<T>) => void): void {
    for (const seat of flight.seats.values()) {
      settle(seat);
    }
    for (const owner of [...flight.seats.keys()]) {
      this.#unseat(flight, owner);
    }
    if (this.#flights.get(flight.name) === flight) {
      this.#flights.delete(flight.name);
    }
  }

  #unseat(flight: Flight<T>, owner: string): void {
    flight.seats.delete(owner);
    const owned = this.#owners.get(owner);
    owned?.delete(flight);
    if (owned?.size === 0) {
      this.#owners.delete(owner);
    }
  }
}

function newSeat<T>(): Seat<T> {
  const seat: Partial<Seat<T>> = {};
  const answer = new Promise<T>((resolve, reject) => Object.assign(seat, { resolve, reject }));
  // The caller may no longer wait for the answer.
  answer.catch(() => undefined);
  return Object.assign(seat, { answer }) as Seat<T>;
}

function crowdedOut(): LookupError {
  return new LookupError('crowded-out', 'newer lookups displaced it, because too many names are looked up at the same time');
}
