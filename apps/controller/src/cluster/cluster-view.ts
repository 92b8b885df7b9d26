import { type Connector, type ConnectorClass } from '@oci-connector/connector-api';
import { type ObjectKey, type Service } from '@oci-connector/kube';

/** The objects of the cluster that the watches have received. */
export interface ClusterView {
  connector(key: ObjectKey): Connector | undefined;
  connectorClass(name: string): ConnectorClass | undefined;
  /** Returns a Service, if it has our label. */
  service(key: ObjectKey): Service | undefined;
  /** Returns the published bundle of the proxy's CA. */
  caBundle(): string | undefined;
}
