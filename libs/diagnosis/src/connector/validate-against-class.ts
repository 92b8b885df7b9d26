import { ConditionType, formatProblem, Reason, validateConnector, validateConnectorAgainstClass } from '@oci-connector/connector-api';
import { type CheckScope, type ResolvedClass } from './check-scope';

/** Validates the Connector against its class. Also checks the rules of the schema, because an object may be older than the schema. */
export function validateAgainstClass({ connector }: CheckScope, resolved: ResolvedClass): ResolvedClass {
  const { connectorClass, api } = resolved;
  if (!connectorClass) {
    return resolved;
  }
  const own = validateConnector(connector);
  const problems = own.length > 0 ? own : validateConnectorAgainstClass(connector, connectorClass);
  if (problems.length === 0) {
    return resolved;
  }
  const message = problems.map(formatProblem).join('; ');
  return { outcome: { type: ConditionType.ConnectorClassReady, status: 'False', reason: Reason.ConnectorInvalid, message }, api };
}
