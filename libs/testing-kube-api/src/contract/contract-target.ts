/** A Kubernetes API on which the contract suite runs. */
export interface KubeContractTarget {
  /** `https://…` or `http://…`, without a slash at the end. */
  readonly server: string;
  /** PEM of the CA that signed its certificate. */
  readonly ca?: string;
  /** Name in its certificate, if the URL has another one. */
  readonly tlsServerName?: string;
  /** Credential of an administrator. */
  readonly admin: AdminCredential;
  /** Moves the API's clock forward, if that is possible. */
  readonly advanceClock?: (milliseconds: number) => void;
  /** Called once at the end of the suite. */
  readonly close?: () => Promise<void>;
}

export type AdminCredential = { readonly token: string } | { readonly certificate: string; readonly key: string };

/** Abilities that not every API has. Tests that need a missing one are skipped. */
export interface KubeContractAbilities {
  /** The controllers of a cluster run, too, such as the garbage collector. */
  readonly hasControllers: boolean;
  readonly canAdvanceClock: boolean;
}
