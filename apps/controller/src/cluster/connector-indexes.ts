import { type Connector } from '@oci-connector/connector-api';

/** By what the watch of the Connectors finds them. */
export const CONNECTOR_INDEXES = {
  /** Name of the class. */
  byClass: (connector: Connector): string[] => [connector.spec.connectorClassName],
  /** `NAMESPACE/NAME` of each Secret that it names. A foreign namespace is not followed. */
  bySecret: ({ metadata, spec }: Connector): string[] =>
    [spec.auth?.secretRef?.name, spec.caCertSecretRef?.name].flatMap((name) => (name ? [`${metadata.namespace}/${name}`] : [])),
};
