import { API_GROUP, type ConnectorKey, connectorUse, PROXY_VERBS, type ProxyVerb } from '@oci-connector/connector-api';
import { type AccessAttributes, type ClientIdentity } from '@oci-connector/kube';
import { permissionDenied } from './permission-denied';
import { type Authenticated, Authorized } from './proxy-exchange';

/** Whose permission is reviewed, and for which Connector. */
interface Reviewed {
  readonly identity: ClientIdentity;
  readonly named: ConnectorKey;
}

/** Checks permissions; implemented by `AccessReviewer` of libs/kube. */
export interface PermissionReviewer {
  /** Returns the cached result of `isAllowed` if it is true, synchronously; otherwise undefined. */
  peek(identity: ClientIdentity, attributes: AccessAttributes): true | undefined;
  /** @throws ReviewUnavailableError when the permission cannot be checked */
  isAllowed(identity: ClientIdentity, attributes: AccessAttributes): Promise<boolean>;
}

/** Checks with RBAC whether the client has the verb on the Connector, before the proxy looks up whether the Connector exists. */
export class AuthorizeClient {
  /** @param acceptGetConnectors for compatibility: the permission `get connectors` allows every verb */
  constructor(
    private readonly reviewer: PermissionReviewer,
    private readonly acceptGetConnectors: boolean,
  ) {}

  /**
   * @throws ProxyError PermissionDenied when the client has no permission
   * @throws ReviewUnavailableError when the permission cannot be checked
   */
  async authorize(exchange: Authenticated): Promise<Authorized> {
    const { verb, named, identity } = exchange;
    if (!this.reviewer.peek(identity, connectorUse(named, verb)) && !(await this.#allows(exchange, verb))) {
      throw permissionDenied(exchange, verb);
    }
    exchange.client.record.labelConnector = true;
    return new Authorized(exchange, (further, options) => this.#allows(exchange, further, options));
  }

  /** Whether the client has any verb on the Connector. */
  async mayUse(identity: ClientIdentity, connector: ConnectorKey): Promise<boolean> {
    for (const verb of PROXY_VERBS) {
      if (await this.#allows({ identity, named: connector }, verb)) {
        return true;
      }
    }
    return false;
  }

  async #allows({ identity, named }: Reviewed, verb: ProxyVerb, { strictly = false }: { strictly?: boolean } = {}): Promise<boolean> {
    const { namespace, name } = named;
    if (await this.reviewer.isAllowed(identity, connectorUse(named, verb))) {
      return true;
    }
    return (
      !strictly &&
      this.acceptGetConnectors &&
      this.reviewer.isAllowed(identity, { group: API_GROUP, resource: 'connectors', namespace, name, verb: 'get' })
    );
  }
}
