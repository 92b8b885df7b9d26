import { ConditionType, Reason } from '@oci-connector/connector-api';
import { quoted } from '@oci-connector/sensitive';
import { assessClass } from '../../connector-class/assess-class';
import { type ConnectorScope, type ResolvedClass } from '../connector-scope';

const type = ConditionType.ConnectorClassReady;

/** Finds the class, and checks that it can be served. */
export function resolveClass({ connector, tools }: ConnectorScope): ResolvedClass {
  const name = connector.spec.connectorClassName;
  const connectorClass = tools.view.connectorClass(name);
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
