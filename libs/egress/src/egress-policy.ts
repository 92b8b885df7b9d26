import { isIP } from 'node:net';
import { type Clock, systemClock } from '@oci-connector/clock';
import { classifyAddress, unwrap } from './address-class';
import { EgressError } from './egress.errors';
import { type AddressBytes, type AddressRange, inOneOf, parseAddress, parseAddressRange } from './ip-address';
import { type LookupAll } from './names/lookup-all';
import { LookupError } from './names/lookup-error';
import { NameResolver } from './names/name-resolver';
import { normalizeHost } from './normalize-host';
import { OtherHosts, type OtherHostsOptions } from './other-hosts';
import { type RefusedEndpoint, RefusedHosts } from './refused-hosts';

/**
 * The purpose of a connection: a connector's own address, extensions and aliases; its trusted token server; a redirect target on the
 * connector's own host; a redirect target on any other host; a host that a client of the forward proxy names and that belongs to no
 * connector.
 */
export type EgressPurpose = 'connector' | 'realm' | 'redirect-own-host' | 'redirect' | 'other-host';

/** An address that was checked and may be dialled. */
export interface PinnedAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

export interface EgressPolicyOptions {
  /** Ranges that are allowed regardless of all other rules, except to `other-host` (setting OCI_CONNECTOR_EGRESS_ALLOW_CIDRS). */
  allowCIDRs: readonly string[];
  /** Private ranges that a redirect to another host may go to. */
  redirectCIDRs: readonly string[];
  /** Rules for the purpose `other-host`; default: no such host is dialled. */
  otherHosts?: OtherHostsOptions;
  /** Names, addresses and ranges that are never dialled: the API server, the installation's own Services. */
  refusedHosts: readonly string[];
  /** Further addresses of this kind, which change while the program runs. An entry without a port applies to all ports. */
  refusedEndpoints?: () => readonly RefusedEndpoint[];
  /** Default: a {@link NameResolver} with the system's files. */
  lookup?: LookupAll;
  /** Default: the clock of this machine. */
  clock?: Clock;
}

/** A host, normalized, and a port. */
interface Place {
  readonly name: string;
  readonly port: number;
}

/** The parsed options. */
interface Rules {
  readonly allowed: readonly AddressRange[];
  readonly redirects: readonly AddressRange[];
  readonly refused: RefusedHosts;
  readonly others: OtherHosts;
  readonly lookup: LookupAll;
}

const NO_OTHER_HOSTS: OtherHostsOptions = { policy: 'deny', allowCIDRs: [], ports: [], clusterDomain: '' };

/** The owner of lookups that no Connector causes. */
const INSTALLATION = 'installation';

/** Rule C9, the only egress policy: decides before a connection is made which addresses of a host may be dialled for a purpose. */
export class EgressPolicy {
  readonly #rules: Rules;

  /** @throws TypeError when an option cannot be parsed; it names the entry */
  constructor(
    private readonly options: EgressPolicyOptions,
    private readonly owner = INSTALLATION,
    rules?: Rules,
  ) {
    this.#rules = rules ?? readRules(options);
  }

  /** Returns the same policy, whose lookups count for this owner. So slow names of one owner do not delay the lookups of others. */
  forOwner(owner: string): EgressPolicy {
    return new EgressPolicy(this.options, owner, this.#rules);
  }

  /**
   * Returns all addresses of the host in the resolver's order. All of them are allowed; dial only these.
   *
   * One forbidden address among several refuses the host. Omitting only that address would protect as well. But a name with both inside
   * and outside addresses is a rebinding attempt or a mistake. It should be noticed, and not work by chance, depending on which address
   * responds first.
   *
   * @param port 0 when the port is not known
   * @throws EgressError `AddressNotAllowed` or `HostNotFound`
   */
  async resolve(host: string, port: number, purpose: EgressPurpose): Promise<PinnedAddress[]> {
    const name = normalizeHost(host);
    if (name === undefined) {
      throw new EgressError('AddressNotAllowed', 'The host is neither a name nor an address.', {
        reason: 'its host is neither a name nor an address',
      });
    }
    const problem = purpose === 'other-host' ? this.#rules.others.problemOfHost(name, port) : undefined;
    if (problem !== undefined) {
      throw notAllowed({ name, port }, problem);
    }
    // The search domains are for names in Connectors and in the installation's settings, not for those that clients send.
    const isComplete = host.endsWith('.') || purpose === 'other-host';
    const found = isIP(name) === 0 ? await this.#addressesOf(isComplete ? `${name}.` : name) : [{ address: name }];
    return this.#checked(found, { name, port }, purpose);
  }

  /** @throws EgressError `AddressNotAllowed` when one of the addresses may not be dialled */
  async #checked(found: readonly { address: string }[], { name, port }: Place, purpose: EgressPurpose): Promise<PinnedAddress[]> {
    const addresses: PinnedAddress[] = [];
    for (const { address } of found) {
      const bytes = parseAddress(address);
      const problem = bytes === undefined ? 'has an address that cannot be read' : await this.#problem({ name, port }, bytes, purpose);
      if (problem !== undefined) {
        throw notAllowed({ name, port, address }, problem);
      }
      addresses.push({ address, family: bytes?.length === 4 ? 4 : 6 });
    }
    return addresses;
  }

  async #addressesOf(name: string): Promise<readonly { address: string }[]> {
    let found: readonly { address: string }[];
    try {
      found = await this.#rules.lookup(name, { owner: this.owner });
    } catch (error) {
      throw hostNotFound(name, error);
    }
    if (found.length === 0) {
      throw hostNotFound(name);
    }
    return found;
  }

  /** Returns why the address may not be dialled; undefined when it may. */
  async #problem({ name, port }: Place, original: AddressBytes, purpose: EgressPurpose): Promise<string | undefined> {
    const bytes = unwrap(original);
    const isAllowed = inOneOf(this.#rules.allowed, original) || inOneOf(this.#rules.allowed, bytes);
    if (isAllowed && purpose !== 'other-host') {
      return undefined;
    }
    if (this.#rules.refused.hasName(name) || (await this.#rules.refused.hasAddress(bytes, port))) {
      return 'is part of this installation or of the Kubernetes API';
    }
    return purpose === 'other-host'
      ? this.#rules.others.problemOfAddress(bytes, classifyAddress(bytes))
      : this.#problemOfUpstream(bytes, purpose);
  }

  /** The same for an address that is not refused to everybody, for Connectors. */
  #problemOfUpstream(bytes: AddressBytes, purpose: EgressPurpose): string | undefined {
    switch (classifyAddress(bytes)) {
      case 'public':
        return undefined;
      case 'private':
        return purpose !== 'redirect' || inOneOf(this.#rules.redirects, bytes)
          ? undefined
          : 'is a redirect target in a private range; list the range in OCI_CONNECTOR_EGRESS_REDIRECT_CIDRS of the installation if this is intended';
      case 'forbidden':
        return 'is a loopback, link-local, metadata or reserved address; list the range in OCI_CONNECTOR_EGRESS_ALLOW_CIDRS of the installation if this is intended';
    }
  }
}

function readRules({
  allowCIDRs,
  redirectCIDRs,
  otherHosts = NO_OTHER_HOSTS,
  refusedHosts,
  refusedEndpoints,
  clock = systemClock,
  lookup = new NameResolver({ clock }).lookup,
}: EgressPolicyOptions): Rules {
  const refused = new RefusedHosts({
    entries: refusedHosts,
    endpoints: refusedEndpoints,
    clock,
    lookup: (name) => lookup(name, { owner: INSTALLATION }),
  });
  return {
    allowed: allowCIDRs.map(parseAddressRange),
    redirects: redirectCIDRs.map(parseAddressRange),
    refused,
    others: new OtherHosts(otherHosts),
    lookup,
  };
}

function notAllowed({ name, port, address }: Place & { readonly address?: string }, problem: string): EgressError {
  const place = port === 0 ? name : `${name}:${port}`;
  const message = `No connection to ${address === undefined ? place : `${place} (${address})`}: the host ${problem}.`;
  return new EgressError('AddressNotAllowed', message, { host: name, reason: `it ${problem}` });
}

function hostNotFound(name: string, cause?: unknown): EgressError {
  const problem =
    cause instanceof LookupError && cause.problem !== 'absent' ? `could not be looked up: ${cause.message}` : 'has no address';
  // The address of the Connector may have another name, such as index.docker.io.
  const note = name === 'registry-1.docker.io' ? ' (the registry of Docker Hub)' : '';
  return new EgressError('HostNotFound', `The host name ${name}${note} ${problem}. Check its spelling and the cluster's DNS.`, {
    cause,
    host: name,
    reason: `its host name${note} ${problem}. Check its spelling and the cluster's DNS`,
  });
}
