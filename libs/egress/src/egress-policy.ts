/** What a connection is for; decides whether private ranges are allowed. */
export type EgressPurpose = 'connector' | 'realm' | 'redirect-own-host' | 'redirect';

/** An address that was checked and may be dialled. */
export interface PinnedAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

/** Gives all addresses of a name; like `dns.promises.lookup` with `all`. */
export type LookupAll = (hostname: string) => Promise<readonly { address: string; family: number }[]>;

export interface EgressPolicyOptions {
  /** Ranges that are allowed whatever else is said (`egress.allowCIDRs`). */
  allowCIDRs: readonly string[];
  /** Private ranges that a redirect to a foreign host may go to. */
  redirectCIDRs: readonly string[];
  /** Names and addresses never to be dialled: the API server, the installation's own Services. */
  refusedHosts: readonly string[];
  lookup?: LookupAll;
}

export class EgressPolicy {
  constructor(readonly options: EgressPolicyOptions) {}

  /** All addresses of the host, each allowed; throws EgressError (AddressNotAllowed, HostNotFound). */
  resolve(_host: string, _port: number, _purpose: EgressPurpose): Promise<PinnedAddress[]> {
    throw new Error('not yet');
  }
}
