/** Who asks for a name, and for how long. */
export interface LookupCaller {
  /** Whose lookups are counted together, such as the UID of a Connector. */
  readonly owner: string;
  /** Ends the waiting, not the lookup: others may wait for it, and its answer is remembered. */
  readonly signal?: AbortSignal;
}

/** Gives all addresses of a name, in the order in which they are to be dialled. */
export type LookupAll = (hostname: string, caller: LookupCaller) => Promise<readonly { address: string }[]>;
