import { type Connector, type ConnectorClass } from '@oci-connector/connector-api';
import { type Sensitive } from '@oci-connector/sensitive';

/** A Connector that a volume is for, with its class. */
export interface MountedConnector {
  readonly connector: Connector;
  readonly connectorClass: ConnectorClass;
}

/** What a pod asks for in the attributes of its volume, and what there is to render it from. */
export interface VolumeRequest {
  /** In the order of the attribute; the first one's proxy address is that of the forward proxy. */
  readonly connectors: readonly MountedConnector[];
  /** `configuration.names` without the `!file` ones. */
  readonly configurationNames: readonly string[];
  /** The files of `configuration.names` that begin with `!`, without that. */
  readonly excludedFiles: readonly string[];
  /** `configuration.params`: values by configuration and parameter. */
  readonly configurationParams: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** The pod's own ServiceAccount token. */
  readonly token: Sensitive;
  /** PEM of the ConfigMap `connectors-proxy-ca`; several certificates while the authority is changed. */
  readonly caCertificates: string;
  readonly environment: VolumeEnvironment;
}

/** What is the same for all volumes of a node. */
export interface VolumeEnvironment {
  /** PEM of the public certificate authorities; clients that read only one file need them beside ours. */
  readonly publicRoots: string;
  readonly clusterDomain: string;
  /** Names and addresses of the Kubernetes API server, which clients must not ask the proxy for. */
  readonly apiServerHosts: readonly string[];
  /** Ports of the Services `c-NAME`. */
  readonly proxyHttpPort: number;
  readonly proxyHttpsPort: number;
}
