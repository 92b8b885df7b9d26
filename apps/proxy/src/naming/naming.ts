import { type UpstreamAddress } from '@oci-connector/connector-api';
import { type ProxyError } from '../proxy.errors';
import { type RequestHead } from './request-head';

/** How requests name a Connector. No other code depends on where in the request the name was. */
export interface Naming {
  /**
   * Determines which Connector a request names. The result does not reveal which Connectors exist: it depends only on the request, or on
   * Connectors that the client may use.
   *
   * @param request must have passed `findMalformation`
   * @throws ProxyError PathInvalid when the target is not a path, or the path names an invalid Connector
   */
  name(request: Pick<RequestHead, 'url' | 'headers'>): RequestName;
  /** Returns the error for a request that names no Connector. */
  notNamed(request: RequestName): ProxyError;
}

/** The path, the host and the Connector of a request. */
export interface RequestName {
  /** Raw path without the query and without the part that names the Connector. */
  readonly path: string;
  /** Absent: the request names no Connector. */
  readonly connector?: NamedConnector;
  /** Why it names none, if that is known. */
  readonly problem?: ProxyError;
  /** The host of the request, without its port. */
  readonly host: string;
}

/** The Connector that a request names, and the rest of the request's target. */
export interface NamedConnector {
  readonly namespace: string;
  readonly name: string;
  /** Raw path without the query and without the part that names the Connector; begins with `/`. */
  readonly path: string;
  /** Raw query without `?`; empty when there is none. */
  readonly query: string;
  /** Maps paths of the Connector to paths for the client. */
  readonly paths: ClientPaths;
  /** Which of the Connector's addresses the request names. Absent: `spec.address`. */
  readonly address?: UpstreamAddress;
}

/** The part of the client's paths that names the Connector. The proxy prepends it to paths in responses. */
export interface ClientPaths {
  /** Prefix of each path of the Connector: `/namespaces/NS/connectors/NAME`; empty if the host names the Connector. */
  readonly root: string;
  /** Prefix of the registry API, before the name of a repository: `/v2/` or `/namespaces/NS/connectors/NAME/v2/`. */
  readonly registryRoot: string;
  /** Prefix of repository names, if they name the Connector: `namespaces/NS/connectors/NAME/`; otherwise empty. */
  readonly repositoryPrefix: string;
}
