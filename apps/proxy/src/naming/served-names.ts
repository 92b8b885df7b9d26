import { type ConnectorKey, type InstallationNames, parseConnectorHost, proxyHostNames } from '@oci-connector/connector-api';
import { hostAndPort } from '@oci-connector/egress';

/** The settings that determine the proxy's host names. */
export interface ServedNamesSettings extends InstallationNames {
  /** Empty, or https://HOST[:PORT]. */
  readonly externalHttpsUrl: string;
}

/** Looks up the existing Connectors. */
interface ConnectorLookup {
  get(key: ConnectorKey): unknown;
}

/** The host names that the https listener may have a certificate for: those of existing Connectors, the proxy's own, and configured ones. */
export class ServedNames {
  /** The proxy's own and the configured names and addresses; never empty. */
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
   * Returns the owner of a host name.
   *
   * @param hostname in lower case, without port
   * @returns the namespace of the Connector that the name belongs to; empty for the installation's own names; undefined for a name that
   *   is not served
   */
  ownerOf(hostname: string): string | undefined {
    if (this.own.includes(hostname)) {
      return '';
    }
    const connector = parseConnectorHost(hostname, this.settings.clusterDomain);
    return connector !== undefined && this.connectors.get(connector) !== undefined ? connector.namespace : undefined;
  }
}
