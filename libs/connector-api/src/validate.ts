import { Connector } from './connector';
import { ConnectorClass } from './connector-class';
import { type SchemaClass } from './field-registry';
import { type FieldProblem } from './field-problem';
import { validateRules } from './validate-rules';
import { validateStructure } from './validate-structure';

/**
 * What is wrong with a Connector: all of it, each with its path. The API server finds the same with the CRD; this is
 * for manifests that no API server has seen.
 */
export function validateConnector(value: unknown): FieldProblem[] {
  return validate(Connector, value);
}

/** What is wrong with a ConnectorClass; see {@link validateConnector}. */
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
