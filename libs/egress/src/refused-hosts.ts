import { unwrap } from './address-class';
import { type LookupAll } from './egress-policy';
import { type AddressBytes, type AddressRange, inRange, parseAddress, parseRange } from './ip-address';
import { normalizeHost } from './normalize-host';

/** How long the addresses of a refused name are believed; a Service's address practically never changes. */
const ADDRESSES_TTL_MS = 60_000;
/** Longest wait for them: where names cannot be resolved at all (no cluster DNS), connections by address must not wait for that. */
const LOOKUP_TIMEOUT_MS = 2_000;

/** The installation's own hosts, which no connection may reach: by their names, and by the addresses behind those. */
export class RefusedHosts {
  readonly #names = new Set<string>();
  readonly #ranges: AddressRange[] = [];
  #resolved: readonly AddressBytes[] = [];
  #resolvedAt = -Infinity;
  #resolving?: Promise<void>;

  /** Throws a TypeError for an entry that is neither a name nor an address nor a range. */
  constructor(
    entries: readonly string[],
    private readonly lookup: LookupAll,
  ) {
    for (const entry of entries) this.#add(entry);
  }

  /** Whether the host (normalized) is one of the names. */
  hasName(host: string): boolean {
    return this.#names.has(host);
  }

  /** Whether the address (unwrapped) is listed, or one that a listed name has. */
  async hasAddress(bytes: AddressBytes): Promise<boolean> {
    if (this.#ranges.some((range) => inRange(bytes, range))) return true;
    await this.#refresh();
    return this.#resolved.some((known) => Buffer.compare(known, bytes) === 0);
  }

  #add(entry: string): void {
    const host = entry.includes('/') ? entry : normalizeHost(entry);
    if (host === undefined) throw new TypeError(`"${entry}" is neither a host name nor an address`);
    if (entry.includes('/') || parseAddress(host)) this.#ranges.push(parseRange(host));
    else this.#names.add(host);
  }

  async #refresh(): Promise<void> {
    if (this.#names.size === 0 || performance.now() - this.#resolvedAt < ADDRESSES_TTL_MS) return;
    this.#resolving ??= this.#resolve().finally(() => (this.#resolving = undefined));
    // Old addresses serve while new ones are asked for; only the first question is waited for.
    if (this.#resolvedAt === -Infinity) await Promise.race([this.#resolving, delay(LOOKUP_TIMEOUT_MS)]);
  }

  async #resolve(): Promise<void> {
    const answers = await Promise.allSettled([...this.#names].map((name) => this.lookup(name)));
    const found = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
    const addresses = found.map(({ address }) => parseAddress(address)).filter((bytes) => bytes !== undefined);
    // A name that cannot be resolved now keeps the addresses it had: an outage of DNS opens nothing.
    const complete = answers.every((answer) => answer.status === 'fulfilled');
    this.#resolved = complete ? addresses.map(unwrap) : [...this.#resolved, ...addresses.map(unwrap)];
    this.#resolvedAt = performance.now();
  }
}

function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds).unref();
  });
}
