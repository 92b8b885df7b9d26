import { type Ping } from '../protocols/protocol';
import { type Naming } from '../naming/naming';
import { type Protocols } from '../protocols/protocols';
import { methodNotServed } from '../protocols/verbs';
import { refuseLoop } from '../upstream/via';
import { type ClientExchange, Identified } from './proxy-exchange';

/** Determines which Connector a request names and which verb it requires. It only parses and looks nothing up. */
export class IdentifyRequest {
  /** @param via the proxy's own name in Via */
  constructor(
    private readonly protocols: Protocols,
    private readonly via: string,
  ) {}

  /** @throws ProxyError LoopDetected, MethodNotAllowed, PathInvalid, ConnectorNotNamed or RouteUnknown when the request is refused */
  identify(client: ClientExchange, naming: Naming): Identified | Ping {
    const { request } = client;
    refuseLoop(request.headers.via, this.via);
    const named = naming.name(request);
    const { method = '' } = request;
    const { path, connector } = named;
    const verb = this.protocols.requiredVerb(method, path);
    if (verb === undefined) {
      throw methodNotServed(method);
    }
    // A naming that chose one of a Connector's addresses knows its protocol, and that this path is not its ping.
    const ping = connector?.address === undefined ? this.protocols.ping(method, path) : undefined;
    if (ping) {
      return ping;
    }
    if (connector === undefined) {
      throw naming.notNamed(named);
    }
    client.record.connector = `${connector.namespace}/${connector.name}`;
    client.record.verb = verb;
    return new Identified(client, connector, verb);
  }
}
