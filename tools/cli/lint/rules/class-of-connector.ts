import { type ConnectorClass, validateConnectorAgainstClass, validateConnectorClass } from '@oci-connector/connector-api';
import { type ConnectorRule } from '../lint-rule';

/** The Connector fits its class, if that is among the files and has no problem of its own. */
export const classOfConnector: ConnectorRule = {
  name: 'class-of-connector',
  reads: 'spec',
  check: (connector, { manifests }) => {
    const { connectorClassName } = connector.spec;
    const found = manifests.find(({ object }) => object.kind === 'ConnectorClass' && object.metadata?.name === connectorClassName);
    if (!found || validateConnectorClass(found.object).length > 0) {
      return [];
    }
    return validateConnectorAgainstClass(connector, found.object as unknown as ConnectorClass);
  },
};
