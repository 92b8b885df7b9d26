import { API_GROUP, bindingCommand, connectorUse, type ProxyVerb } from '@oci-connector/connector-api';
import { type AccessAttributes, type ClientIdentity } from '@oci-connector/kube';
import { type NamedConnector } from '../naming/naming';
import { ProxyError } from '../proxy.errors';
import { type Authenticated, Authorized } from './proxy-exchange';

/** Says what somebody may do; `AccessReviewer` of libs/kube. */
export interface PermissionReviewer {
  /** The yes that `isAllowed` is known to say, at once. */
  peek(identity: ClientIdentity, attributes: AccessAttributes): true | undefined;
  /** @throws ReviewUnavailableError */
  isAllowed(identity: ClientIdentity, attributes: AccessAttributes): Promise<boolean>;
}

/** Asks RBAC whether the client may use the Connector in this way, whether the Connector exists or not. */
export class AuthorizeClient {
  /** @param acceptGetConnectors compatibility: `get connectors` allows everything */
  constructor(
    private readonly reviewer: PermissionReviewer,
    private readonly acceptGetConnectors: boolean,
  ) {}

  /** @throws ProxyError PermissionDenied, ReviewUnavailableError */
  async authorize(exchange: Authenticated): Promise<Authorized> {
    const { verb, named, identity } = exchange;
    if (!this.reviewer.peek(identity, connectorUse(named, verb)) && !(await this.#allows(exchange, verb))) {
      const role = whatHelps(verb, named, identity);
      throw new ProxyError(
        'PermissionDenied',
        `${identity.username} may not ${verb} connectors/proxy "${named.name}" in namespace "${named.namespace}"; bind it to ${role}`,
      );
    }
    return new Authorized(exchange, (further, options) => this.#allows(exchange, further, options));
  }

  async #allows({ identity, named }: Authenticated, verb: ProxyVerb, { strictly = false }: { strictly?: boolean } = {}): Promise<boolean> {
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

/** A ClusterRole that is shipped, or for deleting a Role of one's own. */
function whatHelps(verb: ProxyVerb, { namespace }: NamedConnector, { serviceAccount }: ClientIdentity): string {
  if (verb === 'delete') {
    return 'a Role with the verb delete on connectors/proxy there';
  }
  const role = verb === 'get' ? 'connectors-puller' : 'connectors-pusher';
  const help = `the ClusterRole ${role} there`;
  return serviceAccount ? `${help}: ${bindingCommand(role, namespace, serviceAccount)}` : help;
}
