/** The caller of a lookup. */
export interface LookupCaller {
  /** The owner whose lookups are counted together, such as the UID of a Connector. */
  readonly owner: string;
}

/** Returns all addresses of a name, in the order in which to dial them. */
export type LookupAll = (hostname: string, caller: LookupCaller) => Promise<readonly { address: string }[]>;
