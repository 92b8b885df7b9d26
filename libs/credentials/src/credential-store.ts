import { type Clock } from '@oci-connector/clock';
import { KubeApiError, KubeUnreachableError, Reachability } from '@oci-connector/kube';
import { SharedCache } from '@oci-connector/limits';
import { CredentialError } from './credential.errors';
import { withoutPrintableData, type SecretObject } from './secret-object';

export interface SecretKey {
  readonly namespace: string;
  readonly name: string;
  /** The type that the Secret must have, if it must have one; for the message when it does not exist. */
  readonly type?: string;
}

export interface CredentialStoreOptions {
  /** Reads one Secret; undefined when there is none. Has its own time limit. Rejects with KubeUnreachableError when there is no response. */
  readSecret: (namespace: string, name: string, signal: AbortSignal) => Promise<SecretObject | undefined>;
  clock: Pick<Clock, 'monotonic' | 'setTimeout'>;
  /** Shared with other callers of the same API server. Default: an own one. */
  reachability?: Reachability;
}

/** A changed password applies within this time, without a watch on Secrets. */
const ENTRY_LIFETIME_MS = 10_000;

/** A Secret that is absent or cannot be used is cached for only a second, so that it works soon after it was created or corrected. */
const UNUSABLE_LIFETIME_MS = 1_000;

/** How long a Secret is used while the API server cannot be reached. Nobody can change it during that time either. */
const OUTAGE_LIFETIME_MS = 300_000;

/** A registry that refuses every request must not cause as many reads: at most four forced reads a second per Secret. */
const FORCED_READ_INTERVAL_MS = 250;

/** More entries than Connectors in one installation (10,000), and 64 MiB, because a Secret may have 1 MiB. */
const MAX_ENTRIES = 20_000;
const MAX_BYTES = 64 * 1024 * 1024;

/** The memory of a Secret in addition to its values: metadata, names of keys. In bytes. */
const OBJECT_BYTES = 1024;

/** A cached Secret; `secret` is undefined when there was none. */
interface Entry {
  readonly secret?: SecretObject;
  /** When the read began. The entry is at least as new. */
  readonly readAt: number;
  readonly usableUntil: number;
  readonly forced: boolean;
}

interface Flight {
  readonly forced: boolean;
  readonly result: Promise<Entry>;
}

/**
 * Reads Secrets by name on demand and caches them for a short time: the proxy may `get` Secrets, but neither list nor watch them. `fetch` of
 * lru-cache is not enough: with `forceRefresh` it still joins a read that began before the Secret changed, and it has no shares for
 * namespaces.
 */
export class CredentialStore {
  /** Namespaces share the cache: large Secrets of one namespace displace none of another. */
  readonly #entries = new SharedCache<Entry>({ maxEntries: MAX_ENTRIES, maxBytes: MAX_BYTES });
  /** Reads in flight, so that a hundred requests for one Secret cause one read. */
  readonly #flights = new Map<string, Flight>();
  readonly #closed = new AbortController();

  readonly #reachability: Reachability;

  constructor(private readonly options: CredentialStoreOptions) {
    this.#reachability = options.reachability ?? new Reachability(options.clock);
  }

  /**
   * Returns the Secret as it was at most 10 s ago, 1 s if it was marked as unusable, or, while the API server cannot be reached, at most 5 minutes ago.
   *
   * @param options.fresh read again now, because the registry refused the credential that was read before
   * @throws CredentialError `SecretNotFound`, also when the program may not read it; or the error of `readSecret`
   */
  async get(key: SecretKey, options: { fresh?: boolean } = {}): Promise<SecretObject> {
    const id = `${key.namespace}/${key.name}`;
    const forced = options.fresh ?? false;
    const known = this.#entries.get(id);
    const usable = known !== undefined && this.#isUsable(known, forced) ? known : this.#inOutage(id, key);
    const entry = usable ?? (await this.#read(id, key, forced));
    if (entry.secret === undefined) {
      const withType = key.type === undefined ? '' : ` with type ${key.type}`;
      throw new CredentialError(
        'SecretNotFound',
        `Secret "${key.name}" does not exist in namespace "${key.namespace}"; create it${withType}`,
      );
    }
    return entry.secret;
  }

  /** Returns the Secret that {@link get} returns without a read; undefined when a read is needed, or when there is no Secret. */
  peek(key: SecretKey): SecretObject | undefined {
    const known = this.#entries.get(`${key.namespace}/${key.name}`);
    return known !== undefined && this.#isUsable(known, false) ? known.secret : undefined;
  }

  /** Caches this Secret no longer than the absence of one, because its content cannot be used. Has no effect on a newer one. */
  markUnusable(key: SecretKey, secret: SecretObject): void {
    const id = `${key.namespace}/${key.name}`;
    const known = this.#entries.get(id);
    if (known?.secret === secret) {
      const usableUntil = Math.min(known.usableUntil, known.readAt + UNUSABLE_LIFETIME_MS);
      this.#entries.set(id, { ...known, usableUntil }, { owner: key.namespace, bytes: sizeOf(known) });
    }
  }

  /** Ends all reads in flight. */
  close(): void {
    this.#closed.abort();
    this.#entries.clear();
  }

  #isUsable(entry: Entry, forced: boolean): boolean {
    const now = this.options.clock.monotonic();
    return forced ? entry.forced && now < entry.readAt + FORCED_READ_INTERVAL_MS : now < entry.usableUntil;
  }

  /** Joins a read in flight. A forced read does not join an unforced one, which may have begun before the Secret changed. */
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
          ? { readAt, usableUntil: readAt + UNUSABLE_LIFETIME_MS, forced }
          : { secret: withoutPrintableData(secret), readAt, usableUntil: readAt + ENTRY_LIFETIME_MS, forced };
    } catch (error) {
      entry = this.#lastKnown(id, withAdvice(error, key));
    }
    // A slower read that began earlier must not replace the newer Secret.
    if ((this.#entries.get(id)?.readAt ?? -Infinity) <= entry.readAt) {
      this.#entries.set(id, entry, { owner: key.namespace, bytes: sizeOf(entry) });
    }
    return entry;
  }

  /** Returns the last read entry when the API server cannot be reached. @throws the error otherwise */
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

  /** Returns the last read entry, unless it is too old to be used in an outage. */
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

/** Missing permission is a fault of the configuration, which no retry corrects. */
function withAdvice(error: unknown, { namespace, name }: SecretKey): unknown {
  return error instanceof KubeApiError && error.isForbidden
    ? new CredentialError(
        'SecretNotFound',
        `the proxy may not read Secret "${name}" in namespace "${namespace}"; add the namespace to rbac.secretNamespaces of the chart, or bind the proxy's ServiceAccount to a Role there`,
      )
    : error;
}
