import { type Connector, type ConnectorClass } from '@oci-connector/connector-api';
import { type ObjectKey, type Service } from '@oci-connector/kube';

/** The cluster as the watches know it. */
export interface ClusterView {
  connector(key: ObjectKey): Connector | undefined;
  connectorClass(name: string): ConnectorClass | undefined;
  /** Of the Services that carry our label. */
  service(key: ObjectKey): Service | undefined;
  /** The published bundle of the proxy's authority. */
  caBundle(): string | undefined;
}
