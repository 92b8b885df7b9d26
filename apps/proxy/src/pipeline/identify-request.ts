import { identifyConnector, notNamed } from '../naming/identify-connector';
import { type Ping } from '../protocols/protocol';
import { type Protocols } from '../protocols/protocols';
import { ProxyError } from '../proxy.errors';
import { type ClientExchange, Identified } from './proxy-exchange';

/** What identifying needs to know of the installation. */
export interface IdentifySettings {
  readonly clusterDomain: string;
  /** Our own name in Via. */
  readonly via: string;
}

/** Finds out which Connector a request is for and which verb it needs. Parsing only: nothing is looked up. */
export class IdentifyRequest {
  constructor(
    private readonly protocols: Protocols,
    private readonly settings: IdentifySettings,
  ) {}

  /** @throws ProxyError LoopDetected, MethodNotAllowed, PathInvalid, ConnectorNotNamed */
  identify(client: ClientExchange): Identified | Ping {
    const { request } = client;
    refuseLoop(request.headers.via, this.settings.via);
    const naming = identifyConnector(request, this.settings.clusterDomain);
    const { method = '' } = request;
    const { path, named } = naming;
    const verb = this.protocols.requiredVerb(method, path);
    if (verb === undefined) {
      throw new ProxyError('MethodNotAllowed', `method ${method} is not served`);
    }
    const ping = this.protocols.ping(method, path);
    if (ping) {
      return ping;
    }
    if (named === undefined) {
      throw notNamed(naming);
    }
    client.record.connector = `${named.namespace}/${named.name}`;
    return new Identified(client, named, verb);
  }
}

function refuseLoop(via: string | undefined, own: string): void {
  if (via === undefined) {
    return;
  }
  // RFC 9110 §7.6.3: comma-separated, each `[protocol/]version SP received-by [SP comment]`.
  const names = via.split(',').map((hop) => hop.trim().split(/\s+/)[1]?.toLowerCase());
  if (names.includes(own.toLowerCase())) {
    throw new ProxyError(
      'LoopDetected',
      `this request has already passed through "${own}": the Connector's address leads back to the proxy; correct spec.address, or give each installation a Via name of its own`,
    );
  }
}
