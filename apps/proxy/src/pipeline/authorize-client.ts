import { API_GROUP } from '@oci-connector/connector-api';
import { type AccessAttributes, type ClientIdentity } from '@oci-connector/kube';
import { type ProxyVerb } from '../protocols/protocol';
import { ProxyError } from '../proxy.errors';
import { type Authenticated, Authorized, type NamedConnector } from './proxy-exchange';

/** Says what somebody may do; `AccessReviewer` of libs/kube. */
export interface PermissionReviewer {
  /** The yes that `isAllowed` is known to say, at once. */
  peek(identity: ClientIdentity, attributes: AccessAttributes): true | undefined;
  /** @throws ReviewUnavailableError */
  isAllowed(identity: ClientIdentity, attributes: AccessAttributes): Promise<boolean>;
}

/** What helps, for each verb: a ClusterRole that is shipped, or for deleting a Role of one's own. */
const ROLE: Readonly<Record<ProxyVerb, string>> = {
  get: 'the ClusterRole connectors-puller',
  update: 'the ClusterRole connectors-pusher',
  delete: 'a Role with the verb delete on connectors/proxy',
};

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
    if (!this.reviewer.peek(identity, useOf(named, verb)) && !(await this.#allows(exchange, verb))) {
      throw new ProxyError(
        'PermissionDenied',
        `${identity.username} may not ${verb} connectors/proxy "${named.name}" in namespace "${named.namespace}"; bind it to ${ROLE[verb]} there`,
      );
    }
    return new Authorized(exchange, (further) => this.#allows(exchange, further));
  }

  async #allows({ identity, named }: Authenticated, verb: ProxyVerb): Promise<boolean> {
    const { namespace, name } = named;
    if (await this.reviewer.isAllowed(identity, useOf(named, verb))) return true;
    return this.acceptGetConnectors && this.reviewer.isAllowed(identity, { group: API_GROUP, resource: 'connectors', namespace, name, verb: 'get' });
  }
}

function useOf({ namespace, name }: NamedConnector, verb: ProxyVerb): AccessAttributes {
  return { group: API_GROUP, resource: 'connectors', subresource: 'proxy', namespace, name, verb };
}
