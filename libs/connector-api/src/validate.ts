export interface FieldProblem {
  path: string;
  message: string;
}
export function validateConnector(value: unknown): FieldProblem[] { void value; throw new Error('not yet'); }
export function validateConnectorClass(value: unknown): FieldProblem[] { void value; throw new Error('not yet'); }
export function validateConnectorAgainstClass(connector: Connector, connectorClass: ConnectorClass): FieldProblem[] { void connector; void connectorClass; throw new Error('not yet'); }
import { type Connector } from './connector';
import { type ConnectorClass } from './connector-class';
