import { type ConnectorKey, type InstallationNames, parseConnectorHost, proxyHostNames } from '@oci-connector/connector-api';
import { type HostAndPort, hostAndPort } from '@oci-connector/egress';
import { DEFAULT_PORTS, sameAuthority } from './authority';

export interface OwnAuthoritiesSettings extends InstallationNames {
  /** Empty, or http://HOST[:PORT]. */
  readonly externalHttpUrl: string;
  /** Empty, or https://HOST[:PORT]. */
  readonly externalHttpsUrl: string;
}

const SCHEMES = ['http', 'https'] as const;

/** The hosts and ports at which clients reach this installation's own proxy. */
export class OwnAuthorities {
  readonly #external: readonly (HostAndPort & { readonly scheme: 'http' | 'https' })[];

  constructor(
    private readonly settings: OwnAuthoritiesSettings,
    private readonly connectors: { get(key: ConnectorKey): unknown },
  ) {
    const { externalHttpUrl, externalHttpsUrl } = settings;
    this.#external = [
      ...(externalHttpUrl === '' ? [] : [{ scheme: 'http' as const, ...hostAndPort(new URL(externalHttpUrl)) }]),
      ...(externalHttpsUrl === '' ? [] : [{ scheme: 'https' as const, ...hostAndPort(new URL(externalHttpsUrl)) }]),
    ];
  }

  /** Returns the scheme that the proxy serves there; undefined if it does not serve this host and port. */
  schemeOf(authority: HostAndPort): 'http' | 'https' | undefined {
    const external = this.#external.find((own) => sameAuthority(own, authority));
    if (external) {
      return external.scheme;
    }
    if (!this.#isServiceName(authority.host)) {
      return undefined;
    }
    // The Services have the default ports.
    return SCHEMES.find((scheme) => DEFAULT_PORTS[scheme] === authority.port);
  }

  /**
   * Whether the host is the name of the proxy's Service, or of a Connector's. A Connector whose name is `c-NAME.NAMESPACE` must exist,
   * because `c-span.org` is also a host of the internet. Cluster DNS tells every pod which of these Services exist.
   */
  #isServiceName(host: string): boolean {
    if (proxyHostNames(this.settings).includes(host)) {
      return true;
    }
    const connector = parseConnectorHost(host, this.settings.clusterDomain);
    return connector !== undefined && (!isShort(host) || this.connectors.get(connector) !== undefined);
  }
}

/** Whether the name has only two labels, and might therefore be a host of the internet, too. */
function isShort(host: string): boolean {
  return host.split('.').length === 2;
}
