import { type Clock } from '@oci-connector/clock';
import { KubeUnreachableError, Reachability } from '@oci-connector/kube';
import { SharedCache } from '@oci-connector/limits';
import { CredentialError } from './credential.errors';
import { withoutPrintableData, type SecretObject } from './secret-object';

export interface SecretKey {
  readonly namespace: string;
  readonly name: string;
}

export interface CredentialStoreOptions {
  /** Gets one Secret; undefined when there is none. Has a time limit of its own. Throws KubeUnreachableError when no answer came. */
  readSecret: (namespace: string, name: string, signal: AbortSignal) => Promise<SecretObject | undefined>;
  clock: Pick<Clock, 'monotonic' | 'setTimeout'>;
  /** Shared with others that ask the same API server; its own when absent. */
  reachability?: Reachability;
}

/** A changed password applies within this time, without a watch on Secrets. */
const ENTRY_LIFETIME_MS = 10_000;

/** That a Secret is absent is believed for a second only: whoever creates it wants to see it work. */
const ABSENT_LIFETIME_MS = 1_000;

/** While the API server cannot be reached, nobody can change a Secret either; but not for ever. */
const OUTAGE_LIFETIME_MS = 300_000;

/** A registry that refuses every request must not become as many reads: at most four forced reads a second per Secret. */
const FORCED_READ_INTERVAL_MS = 250;

/** More Connectors than one installation is built for (10,000), and 64 MiB, because a Secret may hold 1 MiB. */
const MAX_ENTRIES = 20_000;
const MAX_BYTES = 64 * 1024 * 1024;

/** What a Secret has besides its values: metadata, names of keys. In bytes. */
const OBJECT_BYTES = 1024;

/** What is remembered of a Secret; `secret` is undefined when there was none. */
interface Entry {
  readonly secret?: SecretObject;
  /** When the read began: what came of it is at least as new. */
  readonly readAt: number;
  readonly usableUntil: number;
  readonly forced: boolean;
}

interface Flight {
  readonly forced: boolean;
  readonly result: Promise<Entry>;
}

/**
 * Secrets by name, read on demand and kept for a short time: the proxy may `get` Secrets and neither list nor watch
 * them. `fetch` of lru-cache does not do: with `forceRefresh` it still joins a read that began before the Secret changed, and it has no
 * shares for namespaces.
 */
export class CredentialStore {
  /** Shared by namespaces: whose Secrets are large pushes out no others'. */
  readonly #entries = new SharedCache<Entry>({ maxEntries: MAX_ENTRIES, maxBytes: MAX_BYTES });
  /** Reads under way, so that a hundred requests for one Secret ask once. */
  readonly #flights = new Map<string, Flight>();
  readonly #closed = new AbortController();

  readonly #reachability: Reachability;

  constructor(private readonly options: CredentialStoreOptions) {
    this.#reachability = options.reachability ?? new Reachability(options.clock);
  }

  /**
   * The Secret as it was at most 10 s ago; while the API server cannot be reached, as it was at most 5 minutes ago.
   *
   * @param options.fresh read again now, because the registry refused what was read before
   * @throws CredentialError SecretNotFound, or what `readSecret` throws
   */
  async get(key: SecretKey, options: { fresh?: boolean } = {}): Promise<SecretObject> {
    const id = `${key.namespace}/${key.name}`;
    const forced = options.fresh ?? false;
    const known = this.#entries.get(id);
    const usable = known !== undefined && this.#isUsable(known, forced) ? known : this.#inOutage(id, key);
    const entry = usable ?? (await this.#read(id, key, forced));
    if (entry.secret === undefined) {
      throw new CredentialError('SecretNotFound', `Secret "${key.name}" does not exist in namespace "${key.namespace}"; create it`);
    }
    return entry.secret;
  }

  /** The Secret that {@link get} gives without reading; undefined when it has to read, or when there is none. */
  peek(key: SecretKey): SecretObject | undefined {
    const known = this.#entries.get(`${key.namespace}/${key.name}`);
    return known !== undefined && this.#isUsable(known, false) ? known.secret : undefined;
  }

  /** Ends all reads under way. */
  close(): void {
    this.#closed.abort();
    this.#entries.clear();
  }

  #isUsable(entry: Entry, forced: boolean): boolean {
    const now = this.options.clock.monotonic();
    return forced ? entry.forced && now < entry.readAt + FORCED_READ_INTERVAL_MS : now < entry.usableUntil;
  }

  /** Joins a read under way, but not with a forced one a read that may have begun before the Secret changed. */
  #read(id: string, key: SecretKey, forced: boolean): Promise<Entry> {
    const flight = this.#flights.get(id);
    if (flight !== undefined && (flight.forced || !forced)) {
      return flight.result;
    }
    const result = this.#readNow(id, key, forced).finally(() => {
      if (this.#flights.get(id)?.result === result) {
        this.#flights.delete(id);
      }
    });
    this.#flights.set(id, { forced, result });
    return result;
  }

  async #readNow(id: string, key: SecretKey, forced: boolean): Promise<Entry> {
    const readAt = this.options.clock.monotonic();
    let entry: Entry;
    try {
      const secret = await this.#reachability.observed(() => this.options.readSecret(key.namespace, key.name, this.#closed.signal));
      entry =
        secret === undefined
          ? { readAt, usableUntil: readAt + ABSENT_LIFETIME_MS, forced }
          : { secret: withoutPrintableData(secret), readAt, usableUntil: readAt + ENTRY_LIFETIME_MS, forced };
    } catch (error) {
      entry = this.#lastKnown(id, error);
    }
    // A slower read that began earlier must not bring an older Secret back.
    if ((this.#entries.get(id)?.readAt ?? -Infinity) <= entry.readAt) {
      this.#entries.set(id, entry, { owner: key.namespace, bytes: sizeOf(entry) });
    }
    return entry;
  }

  /** What was read last, if the API server could not be reached; throws the error otherwise. */
  #lastKnown(id: string, error: unknown): Entry {
    const isOutage = error instanceof KubeUnreachableError && this.#reachability.outage !== undefined;
    const last = isOutage ? this.#lastRead(id) : undefined;
    if (last === undefined) {
      throw error;
    }
    return last;
  }

  #inOutage(id: string, key: SecretKey): Entry | undefined {
    const last = this.#reachability.outage && this.#lastRead(id);
    if (last !== undefined) {
      this.#reachability.meanwhile('secret', () => this.#read(id, key, false));
    }
    return last;
  }

  /** What was read last, unless that is too long ago to be used in an outage. */
  #lastRead(id: string): Entry | undefined {
    const last = this.#entries.get(id);
    const deadline = (last?.readAt ?? -Infinity) + OUTAGE_LIFETIME_MS;
    return last?.secret !== undefined && this.options.clock.monotonic() < deadline ? last : undefined;
  }
}

function sizeOf(entry: Entry): number {
  const values = Object.values(entry.secret?.data ?? {});
  return values.reduce((total, value) => total + value.length, OBJECT_BYTES);
}
