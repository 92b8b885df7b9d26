import {
  AddressError,
  type Connector,
  type ConnectorClass,
  type InstallationNames,
  isOurProxy,
  needsRego,
  parseUpstreamAddress,
  protocolOf,
  type UpstreamAddress,
} from '@oci-connector/connector-api';
import { type Protocols } from '../protocols/protocols';
import { ProxyError } from '../proxy.errors';
import { type Authorized, Resolved } from './proxy-exchange';

/** Objects that are kept up to date by a watch. */
interface ObjectLookup<T> {
  /** False until everything that exists has been seen once. */
  readonly hasSynced: boolean;
  get(key: { readonly namespace?: string; readonly name: string }): T | undefined;
}

export interface ResolveConnectorOptions {
  readonly connectors: ObjectLookup<Connector>;
  readonly classes: ObjectLookup<ConnectorClass>;
  readonly installation: InstallationNames;
  readonly protocols: Protocols;
}

/**
 * Looks up the Connector and its class. Only now, after authorisation, may an answer tell whether something exists. Whether the Connector is Ready is not asked: when the
 * controller is down, traffic flows.
 */
export class ResolveConnector {
  /** Taken apart once for each state of a Connector: the watch brings a new object when it changes. */
  readonly #addresses = new WeakMap<Connector, UpstreamAddress>();

  constructor(private readonly options: ResolveConnectorOptions) {}

  /** @throws ProxyError */
  resolve(exchange: Authorized): Resolved {
    const connector = this.#connector(exchange);
    exchange.client.record.labelConnector = true;
    const connectorClass = this.#classOf(connector);
    const address = this.#addressOf(connector);
    const protocol = this.options.protocols.get(protocolOf(connectorClass));
    exchange.client.protocol = protocol;
    return new Resolved(exchange, { connector, connectorClass, address, protocol });
  }

  #addressOf(connector: Connector): UpstreamAddress {
    const known = this.#addresses.get(connector);
    if (known !== undefined) {
      return known;
    }
    const address = addressOf(connector);
    this.#addresses.set(connector, address);
    return address;
  }

  #connector({ named }: Authorized): Connector {
    const { connectors, classes } = this.options;
    if (!connectors.hasSynced || !classes.hasSynced) {
      throw new ProxyError('ReviewUnavailable', 'the proxy has not yet read the Connectors; try again', { retryAfterSeconds: 1 });
    }
    const connector = connectors.get(named);
    if (!connector) {
      throw new ProxyError('ConnectorNotFound', `there is no connector "${named.name}" in namespace "${named.namespace}"`);
    }
    return connector;
  }

  #classOf(connector: Connector): ConnectorClass {
    const className = connector.spec.connectorClassName;
    const connectorClass = this.options.classes.get({ name: className });
    if (!connectorClass) {
      throw new ProxyError('ClassNotFound', `connector "${connector.metadata.name}" is of class "${className}", which does not exist`);
    }
    if (!connectorClass.spec.proxy) {
      throw new ProxyError('ConnectorNotFound', `connector "${connector.metadata.name}" has no proxy: its class "${className}" wants none`);
    }
    if (needsRego(connectorClass)) {
      throw new ProxyError('RegoNotSupported', `class "${className}" needs Rego, which this proxy does not run`);
    }
    if (!isOurProxy(connectorClass.spec.proxy, this.options.installation)) {
      throw new ProxyError('ProxyNotSupported', `class "${className}" names another proxy in spec.proxy`);
    }
    return connectorClass;
  }
}

function addressOf({ spec, metadata }: Connector): UpstreamAddress {
  try {
    return parseUpstreamAddress(spec.address);
  } catch (error) {
    if (!(error instanceof AddressError)) {
      throw error;
    }
    throw new ProxyError('ConnectorInvalid', `connector "${metadata.name}": ${error.message}`, { cause: error });
  }
}
