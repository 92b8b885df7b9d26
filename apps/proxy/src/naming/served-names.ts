import { type ConnectorKey, type InstallationNames, parseConnectorHost, proxyHostNames } from '@oci-connector/connector-api';
import { hostAndPort } from '@oci-connector/egress';

/** What decides which host names are ours. */
export interface ServedNamesSettings extends InstallationNames {
  /** Empty, or https://HOST[:PORT]. */
  readonly externalHttpsUrl: string;
}

/** The Connectors that exist. */
interface ConnectorLookup {
  get(key: ConnectorKey): unknown;
}

/** The host names that the https listener may have a certificate for: existing Connectors', the proxy's own, configured ones. */
export class ServedNames {
  /** The proxy's own and configured names and addresses; never empty. */
  readonly own: readonly string[];

  constructor(
    private readonly settings: ServedNamesSettings,
    private readonly connectors: ConnectorLookup,
  ) {
    const { externalHttpsUrl } = settings;
    const external = externalHttpsUrl === '' ? [] : [hostAndPort(new URL(externalHttpsUrl)).host];
    this.own = [...proxyHostNames(settings), ...external];
  }

  /**
   * Whose a host name is: a namespace, by a Connector in it, or nobody's in particular (empty).
   *
   * @param hostname in lower case, without port
   * @returns undefined for a name that is not served
   */
  ownerOf(hostname: string): string | undefined {
    if (this.own.includes(hostname)) {
      return '';
    }
    const connector = parseConnectorHost(hostname, this.settings.clusterDomain);
    return connector !== undefined && this.connectors.get(connector) !== undefined ? connector.namespace : undefined;
  }
}
