import { type Connector, type ConnectorKey, protocolOf } from '@oci-connector/connector-api';
import { type HostAndPort } from '@oci-connector/egress';
import { type NamedAddress } from '../naming/forward-naming';
import { type ResolveConnectorOptions } from '../pipeline/resolve-connector';
import { pathInside } from '../protocols/path-inside';
import { type ProtocolHandler } from '../protocols/protocol';
import { ProxyError } from '../proxy.errors';

export interface ConnectorsByHostOptions extends Pick<ResolveConnectorOptions, 'connectors' | 'classes' | 'addresses'> {
  readonly protocols: { get(name: string): Pick<ProtocolHandler, 'inside'> };
}

/** Finds the Connectors whose addresses have a host and port. */
export class ConnectorsByHost {
  constructor(private readonly options: ConnectorsByHostOptions) {}

  /**
   * Returns the addresses of the Connectors that have this host and port, in the order of the keys.
   *
   * A Connector whose address is invalid does not affect the others. But if none of them is at this host, it may be the one that the client
   * means: the request must not go there without the credential.
   *
   * @param keys Connectors that the client may use
   * @throws ProxyError ConnectorNotFound when none of them exists, ConnectorInvalid, ReviewUnavailable before the Connectors have been read
   */
  at(keys: readonly ConnectorKey[], authority: HostAndPort): NamedAddress[] {
    const { connectors, classes } = this.options;
    if (!connectors.hasSynced || !classes.hasSynced) {
      throw new ProxyError('ReviewUnavailable', 'the proxy has not yet read the Connectors; try again', { retryAfterSeconds: 1 });
    }
    const existing = keys.flatMap((key) => {
      const connector = connectors.get(key);
      return connector ? [{ key, connector }] : [];
    });
    if (existing.length === 0) {
      const names = keys.map(({ namespace, name }) => `"${name}" in namespace "${namespace}"`).join(', ');
      throw new ProxyError('ConnectorNotFound', `there is no connector ${names}`);
    }
    let problem: ProxyError | undefined;
    const found: NamedAddress[] = [];
    for (const { key, connector } of existing) {
      try {
        found.push(...this.#addressesOf(key, connector, authority));
      } catch (error) {
        problem ??= invalid(error);
      }
    }
    if (found.length === 0 && problem) {
      throw problem;
    }
    return found;
  }

  #addressesOf(key: ConnectorKey, connector: Connector, authority: HostAndPort): NamedAddress[] {
    const inside = this.#inside(connector);
    const addresses = this.options.addresses.at(connector, authority);
    return addresses.map((address) => ({ connector: key, address, inside: (path: string) => inside(path, address) }));
  }

  /** Without its class, the Connector's protocol is not known; the pipeline then refuses every path. */
  #inside({ spec }: Connector): typeof pathInside {
    const { classes, protocols } = this.options;
    const connectorClass = classes.get({ name: spec.connectorClassName });
    if (!connectorClass) {
      return pathInside;
    }
    const protocol = protocols.get(protocolOf(connectorClass));
    return (path, address) => protocol.inside(path, address);
  }
}

function invalid(error: unknown): ProxyError {
  if (error instanceof ProxyError) {
    return error;
  }
  throw error;
}
