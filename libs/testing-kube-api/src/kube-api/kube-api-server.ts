import { type ApiObject, type ObjectAddress, type ObjectLike } from './api-object';
import { type FaultHooks } from './fault-hooks';
import { type RequestLog } from './request-log';

/** Whose token a kubeconfig carries. */
export type KubeconfigUser = 'admin' | { readonly token: string } | ServiceAccountTokenOptions;

/** A token of a ServiceAccount, as `kubectl create token` makes it. */
export interface ServiceAccountTokenOptions {
  readonly namespace: string;
  readonly name: string;
  /** Default: the API's own audience. */
  readonly audiences?: readonly string[];
  /** Default 3600. */
  readonly expirationSeconds?: number;
}

/**
 * A running embedded Kubernetes API. State lives in memory and ends with {@link close}. The methods below the line act as the
 * cluster's administrator, without a socket, and are not in the request log.
 */
export interface KubeApiServer {
  /** `http://127.0.0.1:PORT` or `https://…`. */
  readonly url: string;
  readonly port: number;
  /** PEM of the CA that clients have to trust; absent on plain HTTP. */
  readonly ca?: string;
  readonly adminToken: string;
  readonly faults: FaultHooks;
  readonly requests: RequestLog;
  /** YAML text of a kubeconfig. Default user: the administrator. */
  kubeconfig(user?: KubeconfigUser): string;
  /** Ends all connections and closes the port. */
  close(): Promise<void>;

  /** Creates the object, or replaces all of an existing one but its status; creates its namespace when missing. */
  apply(object: ObjectLike): ApiObject;
  /** As {@link apply}, for each document of a YAML text. */
  applyYaml(text: string): ApiObject[];
  /** Replaces the status subresource. */
  applyStatus(address: ObjectAddress, status: object): ApiObject;
  get(address: ObjectAddress): ApiObject | undefined;
  list(type: { readonly apiVersion: string; readonly kind: string; readonly namespace?: string }): ApiObject[];
  /** Does nothing when there is no such object. */
  delete(address: ObjectAddress): void;
  /** Issues a token for an existing ServiceAccount. */
  issueToken(options: ServiceAccountTokenOptions): string;
}
