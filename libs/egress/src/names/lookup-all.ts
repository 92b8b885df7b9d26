/** Who asks for a name. */
export interface LookupCaller {
  /** Whose lookups are counted together, such as the UID of a Connector. */
  readonly owner: string;
}

/** Gives all addresses of a name, in the order in which they are to be dialled. */
export type LookupAll = (hostname: string, caller: LookupCaller) => Promise<readonly { address: string }[]>;
