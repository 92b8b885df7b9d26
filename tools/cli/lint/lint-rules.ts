import { type ClassRule, type ConnectorRule } from './lint-rule';
import { classOfConnector } from './rules/class-of-connector';
import { expressions } from './rules/expressions';
import { secretsOfConnector } from './rules/secrets-of-connector';
import { servable } from './rules/servable';
import { templates } from './rules/templates';

/** The rules for classes, after those of the schema. A rule is one file, and one line here. */
export const CLASS_RULES: readonly ClassRule[] = [servable, expressions, templates];

/** The rules for Connectors, after those of the schema. */
export const CONNECTOR_RULES: readonly ConnectorRule[] = [classOfConnector, secretsOfConnector];
