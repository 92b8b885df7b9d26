import {
  type Connector,
  type ConnectorClass,
  type InstallationNames,
  isOurProxy,
  needsRego,
  protocolOf,
  type UpstreamAddress,
} from '@oci-connector/connector-api';
import { type Protocols } from '../protocols/protocols';
import { ProxyError } from '../proxy.errors';
import { type ConnectorAddresses } from './connector-addresses';
import { type Authorized, Resolved } from './proxy-exchange';

/** Looks up objects that a watch keeps up to date. */
export interface ObjectLookup<T> {
  /** False until the first list is complete. */
  readonly hasSynced: boolean;
  get(key: { readonly namespace?: string; readonly name: string }): T | undefined;
}

export interface ResolveConnectorOptions {
  readonly connectors: ObjectLookup<Connector>;
  readonly classes: ObjectLookup<ConnectorClass>;
  readonly installation: InstallationNames;
  readonly protocols: Protocols;
  readonly addresses: ConnectorAddresses;
}

/**
 * Looks up the Connector and its class. Only after authorisation may a response reveal whether an object exists. The Connector need not be
 * Ready, so that traffic continues while the controller is down.
 */
export class ResolveConnector {
  constructor(private readonly options: ResolveConnectorOptions) {}

  /** @throws ProxyError when the Connector or its class does not exist or cannot be used */
  resolve(exchange: Authorized): Resolved {
    const connector = this.#connector(exchange);
    const connectorClass = this.#classOf(connector);
    const address = this.#addressOf(connector, exchange.named.address);
    const protocol = this.options.protocols.get(protocolOf(connectorClass));
    exchange.client.errors = protocol;
    return new Resolved(exchange, { connector, connectorClass, address, protocol });
  }

  #addressOf(connector: Connector, named: UpstreamAddress | undefined): UpstreamAddress {
    const { addresses } = this.options;
    if (named === undefined) {
      return addresses.own(connector);
    }
    if (!addresses.has(connector, named)) {
      throw new ProxyError('Misdirected', `connector "${connector.metadata.name}" has just changed; open another connection`);
    }
    return named;
  }

  #connector({ named }: Authorized): Connector {
    const { connectors, classes } = this.options;
    if (!connectors.hasSynced || !classes.hasSynced) {
      throw new ProxyError('ReviewUnavailable', 'the proxy has not yet read the Connectors; try again', { retryAfterSeconds: 1 });
    }
    const connector = connectors.get(named);
    if (!connector) {
      throw new ProxyError(
        'ConnectorNotFound',
        `there is no connector "${named.name}" in namespace "${named.namespace}"; compare with kubectl get connectors -A`,
      );
    }
    return connector;
  }

  #classOf(connector: Connector): ConnectorClass {
    const className = connector.spec.connectorClassName;
    const connectorClass = this.options.classes.get({ name: className });
    if (!connectorClass) {
      throw new ProxyError(
        'ClassNotFound',
        `connector "${connector.metadata.name}" is of class "${className}", which does not exist; correct spec.connectorClassName, or install the class`,
      );
    }
    if (!connectorClass.spec.proxy) {
      throw new ProxyError(
        'ConnectorNotFound',
        `connector "${connector.metadata.name}" has no proxy: its class "${className}" has no spec.proxy; choose a class with one in spec.connectorClassName`,
      );
    }
    if (needsRego(connectorClass)) {
      throw new ProxyError(
        'RegoNotSupported',
        `class "${className}" contains Rego, which this proxy does not support; use a class without generator and authExtractor`,
      );
    }
    if (!isOurProxy(connectorClass.spec.proxy, this.options.installation)) {
      throw new ProxyError('ProxyNotSupported', `class "${className}" names another proxy in spec.proxy; correct spec.proxy of the class`);
    }
    return connectorClass;
  }
}
