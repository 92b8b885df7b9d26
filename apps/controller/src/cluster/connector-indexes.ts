import { type Connector } from '@oci-connector/connector-api';

/** Indexes of the watch of Connectors. */
export const CONNECTOR_INDEXES = {
  /** Name of the class. */
  byClass: (connector: Connector): string[] => [connector.spec.connectorClassName],
  /** `NAMESPACE/NAME` of each Secret that the Connector names, always in its own namespace. */
  bySecret: ({ metadata, spec }: Connector): string[] =>
    [spec.auth?.secretRef?.name, spec.caCertSecretRef?.name].flatMap((name) => (name ? [`${metadata.namespace}/${name}`] : [])),
};
