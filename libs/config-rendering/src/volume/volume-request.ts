import { type Connector, type ConnectorClass } from '@oci-connector/connector-api';
import { type Sensitive } from '@oci-connector/sensitive';

/** Text, or bytes for a file that is not text. */
export type FileContent = string | Buffer;

/** A Connector of a volume, with its class. */
export interface MountedConnector {
  readonly connector: Connector;
  readonly connectorClass: ConnectorClass;
}

/** What a pod requests in the attributes of its volume, and the objects from which the volume is rendered. */
export interface VolumeRequest {
  /** In the order of the attribute. The proxy address of the first Connector is the address of the forward proxy. */
  readonly connectors: readonly MountedConnector[];
  /** The entries of `configuration.names` that do not begin with `!`. */
  readonly configurationNames: readonly string[];
  /** The entries of `configuration.names` that begin with `!`, without the `!`. */
  readonly excludedFiles: readonly string[];
  /** `configuration.params`: values by configuration and parameter. `proxy` stands for the files of the forward proxy. */
  readonly configurationParams: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** The pod's own ServiceAccount token. */
  readonly token: Sensitive;
  /** PEM of the ConfigMap `connectors-proxy-ca`. It contains several certificates while the authority is rotated. */
  readonly caCertificates: string;
  readonly environment: VolumeEnvironment;
}

/** Settings that are the same for all volumes of a node. */
export interface VolumeEnvironment {
  /** PEM of the public certificate authorities. Clients that read only one file need them in addition to the proxy's authority. */
  readonly publicRoots: string;
  readonly clusterDomain: string;
  /** Names and addresses of the Kubernetes API server, which clients must not reach through the proxy. */
  readonly apiServerHosts: readonly string[];
  /** Ports of the Services `c-NAME`. */
  readonly proxyHttpPort: number;
  readonly proxyHttpsPort: number;
}
