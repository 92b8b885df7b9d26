import { type ObjectLike } from './api-object';

/** A user that authenticates with a fixed token, as with kube-apiserver's `--token-auth-file`. */
export interface StaticUser {
  readonly token: string;
  readonly username: string;
  readonly groups?: readonly string[];
}

/** Options of the embedded Kubernetes API. The defaults are suitable for tests. */
export interface KubeApiOptions {
  /** Listen address; 127.0.0.1 by default. */
  readonly host?: string;
  /** Listen port; 0, the default, is a free port. */
  readonly port?: number;
  /** Certificate and key in PEM; without them, the API serves plain HTTP. `ca` is written into kubeconfigs. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca: string };
  /** Files, or directories of files, with CustomResourceDefinitions in YAML. */
  readonly crds?: readonly string[];
  /** Objects that exist from the start, in this order. */
  readonly objects?: readonly ObjectLike[];
  /** Token of the user `kubernetes-admin` in group `system:masters`; random by default. */
  readonly adminToken?: string;
  readonly users?: readonly StaticUser[];
  /** Issuer of ServiceAccount tokens, and the audience of the API itself. */
  readonly issuer?: string;
  /** Returns the current time in milliseconds since 1970. */
  readonly clock?: () => number;
  /** Shortest lifetime of a TokenRequest, in seconds: 600 by default, as in Kubernetes. Tests of expiry need less. */
  readonly minimumTokenSeconds?: number;
  /** Number of changes from which a watch can be resumed; older resource versions are answered 410. */
  readonly historySize?: number;
  /** Time between bookmarks, in milliseconds. In kube-apiserver, it is about one minute. */
  readonly bookmarkIntervalMs?: number;
}
