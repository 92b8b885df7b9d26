import { type Connector, type ConnectorClass, type FieldProblem, type KubeObject } from '@oci-connector/connector-api';
import { type InstallationSettings } from '@oci-connector/runtime';
import { type Manifest } from './manifest';

/** All objects of the files, and the installation for which they are meant. */
export interface LintContext {
  readonly manifests: readonly Manifest[];
  readonly settings: InstallationSettings;
}

/** A problem of one object. */
export interface RuleProblem extends FieldProblem {
  /** The line of the text at `path`, from 1, for a problem inside of a text such as a template. */
  readonly lineOfText?: number;
}

/**
 * A rule for one kind. The rules of the schema come first: another rule is checked only where the fields that it reads have no problem of
 * the schema, so it can rely on their types.
 */
export interface LintRule<T extends KubeObject = KubeObject> {
  /** For the output as JSON. */
  readonly name: string;
  /** The field that the rule reads; empty: the whole object. */
  readonly reads: string;
  readonly check: (object: T, context: LintContext) => readonly RuleProblem[] | Promise<readonly RuleProblem[]>;
}

export type ClassRule = LintRule<ConnectorClass>;
export type ConnectorRule = LintRule<Connector>;

/** Whether a field, and what is below and above it, has no problem. */
export function isSound(problems: readonly FieldProblem[], field: string): boolean {
  return problems.every(({ path }) => field !== '' && path !== '' && !isWithin(path, field) && !isWithin(field, path));
}

function isWithin(path: string, parent: string): boolean {
  return path === parent || path.startsWith(`${parent}.`) || path.startsWith(`${parent}[`);
}
