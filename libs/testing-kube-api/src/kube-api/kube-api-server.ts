import { type ApiObject, type ObjectAddress, type ObjectLike } from './api-object';
import { type FaultHooks } from './fault-hooks';
import { type RequestLog } from './request-log';

/** The user whose token a kubeconfig contains. */
export type KubeconfigUser = 'admin' | { readonly token: string } | ServiceAccountTokenOptions;

/** A token of a ServiceAccount, as `kubectl create token` issues it. */
export interface ServiceAccountTokenOptions {
  readonly namespace: string;
  readonly name: string;
  /** The audience of the API by default. */
  readonly audiences?: readonly string[];
  /** 3600 by default. */
  readonly expirationSeconds?: number;
}

/**
 * A running embedded Kubernetes API. Its state is in memory and is lost with {@link close}. The methods that read and change objects
 * act as an administrator of the cluster. They use no connection, and do not appear in the request log.
 */
export interface KubeApiServer {
  /** `http://127.0.0.1:PORT` or `https://…`. */
  readonly url: string;
  readonly port: number;
  /** PEM of the CA that clients have to trust; absent for plain HTTP. */
  readonly ca?: string;
  readonly adminToken: string;
  readonly faults: FaultHooks;
  readonly requests: RequestLog;
  /** Returns a kubeconfig as YAML, by default for the administrator. */
  kubeconfig(user?: KubeconfigUser): string;
  /** Ends all connections and closes the port. */
  close(): Promise<void>;

  /** Creates the object, or replaces an existing one except for its status. Creates the namespace if it is missing. */
  apply(object: ObjectLike): ApiObject;
  /** Calls {@link apply} for each document of a YAML text. */
  applyYaml(text: string): ApiObject[];
  /** Replaces the status subresource. */
  applyStatus(address: ObjectAddress, status: object): ApiObject;
  get(address: ObjectAddress): ApiObject | undefined;
  list(type: { readonly apiVersion: string; readonly kind: string; readonly namespace?: string }): ApiObject[];
  /** Deletes the object, if it exists. */
  delete(address: ObjectAddress): void;
  /** Issues a token for an existing ServiceAccount. */
  issueToken(options: ServiceAccountTokenOptions): string;
}
