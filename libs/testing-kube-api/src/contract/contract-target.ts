/** A Kubernetes API on which the contract suite runs. */
export interface KubeContractTarget {
  /** `https://…` or `http://…`, without a slash at the end. */
  readonly server: string;
  /** PEM of the CA that signed its certificate. */
  readonly ca?: string;
  /** Name in its certificate when the URL has another one. */
  readonly tlsServerName?: string;
  /** How the suite acts as an administrator. */
  readonly admin: AdminCredential;
  /** Moves the API's clock forward, where that is possible. */
  readonly advanceClock?: (milliseconds: number) => void;
  /** Called once, at the end. */
  readonly close?: () => Promise<void>;
}

export type AdminCredential = { readonly token: string } | { readonly certificate: string; readonly key: string };

/** What not every API can show; the tests of what one cannot are skipped there by name. */
export interface KubeContractAbilities {
  /** The controllers of a cluster run too: garbage collection is theirs, not the API's. */
  readonly hasControllers: boolean;
  readonly canAdvanceClock: boolean;
}
