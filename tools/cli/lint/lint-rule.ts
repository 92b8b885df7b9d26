import {
  type Connector,
  type ConnectorClass,
  type FieldProblem,
  type KubeObject,
  validateConnectorClass,
} from '@oci-connector/connector-api';
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

/** Returns what the API server would refuse without looking at other objects. */
export function schemaProblems(object: Manifest['object'], validate: (value: unknown) => FieldProblem[]): FieldProblem[] {
  const { spec } = object;
  return [...validate(object), ...(spec === null ? [] : nullsIn(spec, 'spec'))];
}

/** The API server refuses null where the schema wants a value; the classes of the API cannot tell it from an absent field. */
function nullsIn(value: unknown, path: string): FieldProblem[] {
  if (typeof value !== 'object' || value === null) {
    return value === null ? [{ path, message: 'is null; give it a value, or remove the field' }] : [];
  }
  return Array.isArray(value)
    ? value.flatMap((item, index) => nullsIn(item, `${path}[${index}]`))
    : Object.entries(value).flatMap(([key, item]) => nullsIn(item, `${path}.${key}`));
}

/** Returns the class of a Connector, if that is among the files and has no problem of its own. */
export function classOf({ spec }: Connector, { manifests }: LintContext): ConnectorClass | undefined {
  const found = manifests.find(({ object }) => object.kind === 'ConnectorClass' && object.metadata?.name === spec.connectorClassName);
  return found && schemaProblems(found.object, validateConnectorClass).length === 0
    ? (found.object as unknown as ConnectorClass)
    : undefined;
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
