import { type AddressClass } from './address-class';
import { type AddressBytes, type AddressRange, inOneOf, parseAddressRange } from './ip-address';

/** Where connections to hosts of no Connector may go: nowhere, to public addresses, or to private addresses as well. */
export const OTHER_HOSTS_POLICIES = ['deny', 'public', 'any'] as const;

export type OtherHostsPolicy = (typeof OTHER_HOSTS_POLICIES)[number];

export interface OtherHostsOptions {
  policy: OtherHostsPolicy;
  /** Ranges that are allowed although the policy refuses them. They allow no address of the installation. */
  allowCIDRs: readonly string[];
  /** The ports that may be dialled. */
  ports: readonly number[];
  /** The cluster's DNS domain, such as `cluster.local`. */
  clusterDomain: string;
}

/** The rules for hosts of no Connector, which clients of the forward proxy name freely (rule C9). */
export class OtherHosts {
  readonly #allowed: readonly AddressRange[];

  constructor(private readonly options: OtherHostsOptions) {
    this.#allowed = options.allowCIDRs.map(parseAddressRange);
  }

  /**
   * Returns why the host may not be dialled, whatever its addresses are; undefined if they decide. It is called before the name is looked
   * up: a client must not make the proxy ask the cluster's DNS which Services exist.
   *
   * @param name normalized
   */
  problemOfHost(name: string, port: number): string | undefined {
    const { policy, ports } = this.options;
    if (policy === 'deny') {
      return 'belongs to no connector of the login, and OCI_CONNECTOR_PROXY_OTHER_HOSTS of the installation is deny; name the connector of the host in the volume, or add the host to no_proxy';
    }
    if (!ports.includes(port)) {
      return `belongs to no connector of the login, and port ${port} is not in OCI_CONNECTOR_PROXY_OTHER_HOSTS_PORTS of the installation; add the host to no_proxy, or the port to this setting`;
    }
    if (policy === 'public' && this.#isInCluster(name)) {
      return 'is a name of the cluster; clients reach it without the proxy: add it to no_proxy';
    }
    return undefined;
  }

  /** Returns why the address may not be dialled; undefined if it may. */
  problemOfAddress(bytes: AddressBytes, addressClass: AddressClass): string | undefined {
    if (inOneOf(this.#allowed, bytes) || addressClass === 'public') {
      return undefined;
    }
    if (addressClass === 'forbidden') {
      return 'is a loopback, link-local, metadata or reserved address';
    }
    return this.options.policy === 'any'
      ? undefined
      : 'is in a private range and belongs to no connector of the login; add the host to no_proxy, or list the range in OCI_CONNECTOR_PROXY_OTHER_HOSTS_ALLOW_CIDRS of the installation if this is intended';
  }

  /** A name without a dot is one of the cluster, too: only the search domains of a pod make it complete. */
  #isInCluster(name: string): boolean {
    const { clusterDomain } = this.options;
    return /^[^.:]+$/.test(name) || [clusterDomain, 'svc'].some((domain) => name === domain || name.endsWith(`.${domain}`));
  }
}
