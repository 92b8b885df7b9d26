import { ConditionType, type ConnectorClass, Reason } from '@oci-connector/connector-api';
import { quoted } from '@oci-connector/sensitive';
import { assessClass } from './assess-class';
import { type CheckScope, type ResolvedClass } from './check-scope';

const type = ConditionType.ConnectorClassReady;

/**
 * Checks that the class can be served.
 *
 * @param connectorClass the class that the Connector names, if it exists
 */
export function resolveClass({ connector, tools }: CheckScope, connectorClass: ConnectorClass | undefined): ResolvedClass {
  const name = connector.spec.connectorClassName;
  if (!connectorClass) {
    const message = `ConnectorClass ${quoted(name)} does not exist; correct spec.connectorClassName, or install the class`;
    return { outcome: { type, status: 'False', reason: Reason.ConnectorClassNotFound, message } };
  }
  const { ready, outcomes } = assessClass(connectorClass, tools.installation);
  const api = outcomes.find((outcome) => outcome.type === ConditionType.APIReady);
  if (ready.status !== 'True') {
    const message = `ConnectorClass ${quoted(name)} cannot be served: ${ready.message}`;
    return { outcome: { type, status: 'False', reason: Reason.ConnectorClassNotReady, message }, api };
  }
  return { outcome: { type, status: 'True' }, connectorClass, api };
}
