/** Gives all addresses of a name; like `dns.promises.lookup` with `all`. */
export type LookupAll = (hostname: string) => Promise<readonly { address: string; family: number }[]>;
