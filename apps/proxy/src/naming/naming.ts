import { type IncomingMessage } from 'node:http';
import { type ProxyError } from '../proxy.errors';

/**
 * A way in which requests name a Connector and say who asks. Each connection comes with the one that holds on it; nothing else looks at
 * where the names were.
 */
export interface Naming {
  /** The header with the client's token, in lower case. */
  readonly tokenHeader: 'authorization' | 'proxy-authorization';
  /**
   * Finds out which Connector a request is for. Parsing only: nothing is looked up, so the answer says nothing about what exists.
   *
   * @param request one in which no malformation was found
   * @throws ProxyError PathInvalid
   */
  name(request: Pick<IncomingMessage, 'url' | 'headers'>): RequestName;
  /** The refusal of a request that names no Connector. */
  notNamed(request: RequestName): ProxyError;
}

/** What a request names. */
export interface RequestName {
  /** Raw path without query, and without the connector's part where it names one. */
  readonly path: string;
  /** Absent: the request names no Connector. */
  readonly connector?: NamedConnector;
  /** The host of the request, without its port. */
  readonly host: string;
}

/** A Connector as a request names it, and what is left of the request's target then. */
export interface NamedConnector {
  readonly namespace: string;
  readonly name: string;
  /** Raw path without query and without the connector's part; begins with `/`. */
  readonly path: string;
  /** Raw query without `?`; empty when there is none. */
  readonly query: string;
  /** Where the client finds the connector's other paths. */
  readonly paths: ClientPaths;
}

/** The connector's part of what its client asks for, put back before what an answer names. */
export interface ClientPaths {
  /** Before any path of the connector: `/namespaces/NS/connectors/NAME`; empty where the host names it. */
  readonly root: string;
  /** The root of the registry API, before the name of a repository: `/v2/` or `/namespaces/NS/connectors/NAME/v2/`. */
  readonly registryRoot: string;
  /** Before the name of a repository, where that names the connector: `namespaces/NS/connectors/NAME/`; otherwise empty. */
  readonly repositoryPrefix: string;
}
