import { LookupError } from './lookup-error';

/** Greatest numbers of lookups in flight. */
export interface LookupLimits {
  /** Of one owner. */
  readonly perOwner: number;
  /** Of all. */
  readonly total: number;
}

/** One owner's part in a lookup; all that ask for the owner wait for it. */
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
 * One lookup in flight for each name, whoever asks. One lookup more than a limit allows makes the oldest give way, the owner's own or
 * that of all: a healthy one takes milliseconds, so the oldest is one that nobody answers, and nothing new ever waits for it.
 */
export class SharedLookups<T> {
  /** In the order of their beginning. */
  readonly #flights = new Map<string, Flight<T>>();
  /** The lookups in which an owner has a part, in the order of its joining. */
  readonly #owners = new Map<string, Set<Flight<T>>>();

  constructor(private readonly limits: LookupLimits) {}

  get size(): number {
    return this.#flights.size;
  }

  /**
   * The answer of the lookup of this name that is in flight, or of one that begins now.
   *
   * @param start gets a signal that aborts when nobody has a part in the lookup any more
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
    // After #leave, which forgets an owner without lookups.
    this.#owners.set(owner, owned.add(flight));
    const seat = newSeat<T>();
    flight.seats.set(owner, seat);
    return seat;
  }

  /** The lookup goes on for the other owners. */
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
  // Whoever waited may have left meanwhile.
  answer.catch(() => undefined);
  return Object.assign(seat, { answer }) as Seat<T>;
}

function crowdedOut(): LookupError {
  return new LookupError('crowded-out', 'it gave way to newer lookups, because too many names are looked up at the same time');
}
