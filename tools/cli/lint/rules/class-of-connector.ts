import { validateConnectorAgainstClass } from '@oci-connector/connector-api';
import { classOf, type ConnectorRule } from '../lint-rule';

/** The Connector fits its class. */
export const classOfConnector: ConnectorRule = {
  name: 'class-of-connector',
  reads: 'spec',
  check: (connector, context) => {
    const connectorClass = classOf(connector, context);
    return connectorClass ? validateConnectorAgainstClass(connector, connectorClass) : [];
  },
};
