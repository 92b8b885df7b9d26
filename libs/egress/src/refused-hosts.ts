import { type Clock, sleep } from '@oci-connector/clock';
import { unwrap } from './address-class';
import { type AddressBytes, type AddressRange, inRange, parseAddress, parseAddressRange } from './ip-address';
import { LookupError } from './names/lookup-error';
import { normalizeHost } from './normalize-host';

/** How long the addresses of a refused name are believed; a Service's address practically never changes. */
const ADDRESSES_TTL_MS = 60_000;
/** When names that could not be resolved are asked for again. */
const RETRY_MS = 5_000;
/** Longest wait for them: where names cannot be resolved at all (no cluster DNS), connections by address must not wait for that. */
const LOOKUP_TIMEOUT_MS = 1_000;

/** An address of the installation, on one port or, without that, on all. */
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

/** The installation's own hosts, which no connection may reach: by their names, and by the addresses behind those. */
export class RefusedHosts {
  /** Each refused name with the addresses that it had last. */
  readonly #names = new Map<string, readonly AddressBytes[]>();
  readonly #ranges: AddressRange[] = [];
  /** From here on the names are to be resolved again, on the monotonic clock. */
  #staleAt?: number;
  #resolving?: Promise<void>;

  /** Throws a TypeError for an entry that is neither a name nor an address nor a range. */
  constructor(private readonly options: RefusedHostsOptions) {
    for (const entry of options.entries) {
      this.#add(entry);
    }
  }

  /** Whether the host (normalized) is one of the names. */
  hasName(host: string): boolean {
    return this.#names.has(host);
  }

  /** Whether the address (unwrapped) is listed, or one that a listed name has. @param port 0: not known */
  async hasAddress(bytes: AddressBytes, port: number): Promise<boolean> {
    if (this.#ranges.some((range) => inRange(bytes, range))) {
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
    // Old addresses serve while new ones are asked for; only the first question is waited for.
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

  /** False when the name cannot be resolved now; it keeps the addresses it had, so that an outage of DNS opens nothing. */
  async #resolveName(name: string): Promise<boolean> {
    try {
      const found = await this.options.lookup(name);
      this.#names.set(name, read(found.map(({ address }) => address)));
      return true;
    } catch (error) {
      // From some namespaces a short name means nothing; that is no outage.
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
