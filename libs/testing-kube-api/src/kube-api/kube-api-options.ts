import { type ObjectLike } from './api-object';

/** A user that authenticates with a fixed token, as with kube-apiserver's `--token-auth-file`. */
export interface StaticUser {
  readonly token: string;
  readonly username: string;
  readonly groups?: readonly string[];
}

/** How the embedded Kubernetes API starts. Everything has a default that suits a test. */
export interface KubeApiOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /** PEM certificate and key; without it the API speaks plain HTTP. `ca` goes into kubeconfigs. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca: string };
  /** Files, or directories of files, with CustomResourceDefinitions in YAML. */
  readonly crds?: readonly string[];
  /** Objects that exist from the start, in this order. */
  readonly objects?: readonly ObjectLike[];
  /** Token of the user `kubernetes-admin`, group `system:masters`. Default: random. */
  readonly adminToken?: string;
  readonly users?: readonly StaticUser[];
  /** Issuer of ServiceAccount tokens, and the audience of the API itself. */
  readonly issuer?: string;
  /** Now, in milliseconds since 1970. */
  readonly clock?: () => number;
  /** Shortest lifetime that a TokenRequest may ask for. Kubernetes: 600 s; tests of expiry want less. */
  readonly minimumTokenSeconds?: number;
  /** How many changes a watch can be resumed from; older resource versions are answered 410. */
  readonly historySize?: number;
  /** Time between bookmarks, in milliseconds. kube-apiserver: about one minute. */
  readonly bookmarkIntervalMs?: number;
}
