import { Connector } from './connector';
import { ConnectorClass } from './connector-class';
import { type SchemaClass } from './field-registry';
import { type FieldProblem } from './field-problem';
import { validateRules } from './validate-rules';
import { validateStructure } from './validate-structure';

/**
 * Returns all problems of a Connector, each with its path. The API server finds the same problems with the CRD; this function is for
 * manifests before they are applied.
 */
export function validateConnector(value: unknown): FieldProblem[] {
  return validate(Connector, value);
}

/** Returns all problems of a ConnectorClass; see {@link validateConnector}. */
export function validateConnectorClass(value: unknown): FieldProblem[] {
  return validate(ConnectorClass, value);
}

function validate(schemaClass: SchemaClass, value: unknown): FieldProblem[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return [{ path: '', message: 'must be an object' }];
  }
  const structural = validateStructure(schemaClass, value);
  return [...structural, ...validateRules(schemaClass, value, structural)];
}
