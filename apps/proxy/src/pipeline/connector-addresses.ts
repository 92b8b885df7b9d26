import { AddressError, type Connector, isDockerHubName, parseUpstreamAddress, type UpstreamAddress } from '@oci-connector/connector-api';
import { type HostAndPort } from '@oci-connector/egress';
import { ProxyError } from '../proxy.errors';

/** An address as clients of the forward proxy use it. */
interface ForwardAddress {
  /** Its repositories have the names that the registry itself gives them: such clients add `library/` for Docker Hub themselves. */
  readonly address: UpstreamAddress;
  readonly isDockerHub: boolean;
}

/** The parsed addresses of Connectors. The watch provides a new Connector object after each change. */
export class ConnectorAddresses {
  readonly #own = new WeakMap<Connector, UpstreamAddress>();
  readonly #forward = new WeakMap<Connector, readonly ForwardAddress[]>();

  /**
   * Returns the parsed `spec.address`.
   *
   * @throws ProxyError ConnectorInvalid
   */
  own(connector: Connector): UpstreamAddress {
    const known = this.#own.get(connector);
    if (known !== undefined) {
      return known;
    }
    const address = parse(connector, connector.spec.address, 'spec.address');
    this.#own.set(connector, address);
    return address;
  }

  /**
   * Returns the addresses of a Connector, with its extensions, that have this host and port; for Docker Hub, under each of its names.
   *
   * @throws ProxyError ConnectorInvalid
   */
  at(connector: Connector, { host, port }: HostAndPort): UpstreamAddress[] {
    return this.#forwardOf(connector)
      .filter(({ address, isDockerHub }) => address.port === port && (address.host === host || (isDockerHub && isDockerHubName(host))))
      .map(({ address }) => address);
  }

  /** Whether the address, from {@link at}, still belongs to the Connector. */
  has(connector: Connector, wanted: UpstreamAddress): boolean {
    return this.#forwardOf(connector).some(({ address }) => address === wanted);
  }

  #forwardOf(connector: Connector): readonly ForwardAddress[] {
    const known = this.#forward.get(connector);
    if (known !== undefined) {
      return known;
    }
    const { addressExtensions = [] } = connector.spec;
    const all = [
      this.own(connector),
      ...addressExtensions.map(({ value }, index) => parse(connector, value, `spec.addressExtensions[${index}].value`)),
    ].map((address) => ({ address: { ...address, isDockerHub: false }, isDockerHub: address.isDockerHub }));
    this.#forward.set(connector, all);
    return all;
  }
}

function parse({ metadata }: Connector, text: string, field: string): UpstreamAddress {
  try {
    return parseUpstreamAddress(text, field);
  } catch (error) {
    if (!(error instanceof AddressError)) {
      throw error;
    }
    throw new ProxyError('ConnectorInvalid', `connector "${metadata.name}": ${error.message}`, { cause: error });
  }
}
