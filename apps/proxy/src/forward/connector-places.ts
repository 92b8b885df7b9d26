import { type Connector, type ConnectorClass, type ConnectorKey, protocolOf } from '@oci-connector/connector-api';
import { type HostAndPort } from '@oci-connector/egress';
import { type NamedAddress } from '../naming/forward-naming';
import { type ConnectorAddresses } from '../pipeline/connector-addresses';
import { type ObjectLookup, type ResolveConnectorOptions } from '../pipeline/resolve-connector';
import { pathInside } from '../protocols/path-inside';
import { ProxyError } from '../proxy.errors';

export interface ConnectorPlacesOptions extends Pick<ResolveConnectorOptions, 'protocols'> {
  readonly connectors: ObjectLookup<Connector>;
  readonly classes: ObjectLookup<ConnectorClass>;
  readonly addresses: ConnectorAddresses;
}

/** Finds out which of a client's Connectors are at a host and port. */
export class ConnectorPlaces {
  constructor(private readonly options: ConnectorPlacesOptions) {}

  /**
   * Returns the addresses of the Connectors that have this host and port, in the order of the keys.
   *
   * @param keys Connectors that the client may use
   * @throws ProxyError ConnectorNotFound when none of them exists, ReviewUnavailable before the Connectors have been read
   */
  at(keys: readonly ConnectorKey[], authority: HostAndPort): NamedAddress[] {
    const { connectors, classes, addresses } = this.options;
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
    return existing.flatMap(({ key, connector }) => {
      const inside = this.#inside(connector);
      return addresses
        .at(connector, authority)
        .map((address) => ({ connector: key, address, inside: (path: string) => inside(path, address) }));
    });
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
