import { type Clock, sleep } from '@oci-connector/clock';
import { unwrap } from './address-class';
import { type AddressBytes, type AddressRange, inOneOf, parseAddress, parseAddressRange } from './ip-address';
import { LookupError } from './names/lookup-error';
import { normalizeHost } from './normalize-host';

/** How long the addresses of a refused name are cached. A Service's address hardly ever changes. */
const ADDRESSES_TTL_MS = 60_000;
/** The time after which names that could not be resolved are looked up again. */
const RETRY_MS = 5_000;
/** The longest wait for the names. Without cluster DNS no name can be resolved, and connections by address must not wait for that. */
const LOOKUP_TIMEOUT_MS = 1_000;

/** An address of the installation, on one port or, without `port`, on all. */
export interface RefusedEndpoint {
  readonly address: string;
  readonly port?: number;
}

export interface RefusedHostsOptions {
  /** Names, addresses and ranges. */
  readonly entries: readonly string[];
  /** Addresses that change while the program runs. */
  readonly endpoints?: () => readonly RefusedEndpoint[];
  readonly lookup: (name: string) => Promise<readonly { address: string }[]>;
  readonly clock: Clock;
}

/** The installation's own hosts, which no connection may reach: by their names, and by the addresses of these names. */
export class RefusedHosts {
  /** Each refused name with its last known addresses. */
  readonly #names = new Map<string, readonly AddressBytes[]>();
  readonly #ranges: AddressRange[] = [];
  /** The time from which the names must be resolved again, on the monotonic clock. */
  #staleAt?: number;
  #resolving?: Promise<void>;

  /** @throws TypeError for an entry that is neither a name nor an address nor a range */
  constructor(private readonly options: RefusedHostsOptions) {
    for (const entry of options.entries) {
      this.#add(entry);
    }
  }

  /** Whether the host (normalized) is one of the names. */
  hasName(host: string): boolean {
    return this.#names.has(host);
  }

  /**
   * Whether the address (unwrapped) is listed, or belongs to a listed name.
   *
   * @param port 0 when the port is not known
   */
  async hasAddress(bytes: AddressBytes, port: number): Promise<boolean> {
    if (inOneOf(this.#ranges, bytes)) {
      return true;
    }
    const onPort = (this.options.endpoints?.() ?? []).filter((endpoint) => port === 0 || (endpoint.port ?? port) === port);
    if (includes(read(onPort.map(({ address }) => address)), bytes)) {
      return true;
    }
    await this.#refresh();
    return includes([...this.#names.values()].flat(), bytes);
  }

  #add(entry: string): void {
    const host = entry.includes('/') ? entry : normalizeHost(entry);
    if (host === undefined) {
      throw new TypeError(`"${entry}" is neither a host name nor an address`);
    }
    if (entry.includes('/') || parseAddress(host)) {
      this.#ranges.push(parseAddressRange(host));
    } else {
      this.#names.set(host, []);
    }
  }

  async #refresh(): Promise<void> {
    if (this.#names.size === 0 || (this.#staleAt !== undefined && this.options.clock.monotonic() < this.#staleAt)) {
      return;
    }
    this.#resolving ??= this.#resolve().finally(() => (this.#resolving = undefined));
    // The old addresses are used while new ones are looked up. Callers wait only for the first lookup.
    if (this.#staleAt === undefined) {
      const resolved = new AbortController();
      const timeOver = sleep(this.options.clock, LOOKUP_TIMEOUT_MS, resolved.signal);
      await Promise.race([this.#resolving, timeOver]).finally(() => resolved.abort());
    }
  }

  async #resolve(): Promise<void> {
    const answers = await Promise.all([...this.#names.keys()].map((name) => this.#resolveName(name)));
    this.#staleAt = this.options.clock.monotonic() + (answers.every(Boolean) ? ADDRESSES_TTL_MS : RETRY_MS);
  }

  /** Returns false when the name cannot be resolved now. It keeps its addresses then, so that a DNS outage allows nothing. */
  async #resolveName(name: string): Promise<boolean> {
    try {
      const found = await this.options.lookup(name);
      this.#names.set(name, read(found.map(({ address }) => address)));
      return true;
    } catch (error) {
      // In some namespaces a short name does not exist; that is not an outage.
      return error instanceof LookupError && error.problem === 'absent';
    }
  }
}

function read(addresses: readonly string[]): AddressBytes[] {
  return addresses
    .map(parseAddress)
    .filter((bytes) => bytes !== undefined)
    .map(unwrap);
}

function includes(addresses: readonly AddressBytes[], bytes: AddressBytes): boolean {
  return addresses.some((known) => Buffer.compare(known, bytes) === 0);
}
