import {
  API_GROUP,
  type Connector,
  type ConnectorClass,
  type FieldProblem,
  type KubeObject,
  validateConnector,
  validateConnectorClass,
} from '@oci-connector/connector-api';
import { isSound, schemaProblems, type LintContext, type LintRule, type RuleProblem } from './lint-rule';
import { CLASS_RULES, CONNECTOR_RULES } from './lint-rules';
import { type Manifest } from './manifest';

/** A problem and its place. */
export interface LintProblem {
  readonly file: string;
  readonly line: number;
  /** `KIND NAME`. */
  readonly object: string;
  readonly rule: string;
  readonly path: string;
  readonly message: string;
}

/** How the objects of a kind are checked. */
interface KindCheck<T extends KubeObject> {
  readonly validate: (value: unknown) => FieldProblem[];
  readonly rules: readonly LintRule<T>[];
}

const CONNECTOR: KindCheck<Connector> = { validate: validateConnector, rules: CONNECTOR_RULES };
const CONNECTOR_CLASS: KindCheck<ConnectorClass> = { validate: validateConnectorClass, rules: CLASS_RULES };

/** Whether the object belongs to this API. */
export function isOurKind({ object }: Manifest): boolean {
  return typeof object.apiVersion === 'string' && object.apiVersion.split('/')[0] === API_GROUP;
}

/** Returns all problems of the objects of this API. */
export async function lintManifests(context: LintContext): Promise<LintProblem[]> {
  const problems: LintProblem[] = [];
  for (const manifest of context.manifests.filter(isOurKind)) {
    problems.push(...(await lintManifest(manifest, context)), ...duplicateProblems(manifest, context));
  }
  return problems;
}

async function lintManifest(manifest: Manifest, context: LintContext): Promise<LintProblem[]> {
  switch (manifest.object.kind) {
    case 'Connector':
      return lintObject(manifest, CONNECTOR, context);
    case 'ConnectorClass':
      return lintObject(manifest, CONNECTOR_CLASS, context);
    default:
      return [problemAt(manifest, 'schema', { path: 'kind', message: 'must be Connector or ConnectorClass' })];
  }
}

async function lintObject<T extends KubeObject>(manifest: Manifest, check: KindCheck<T>, context: LintContext): Promise<LintProblem[]> {
  const ofSchema = schemaProblems(manifest.object, check.validate);
  const problems = ofSchema.map((problem) => problemAt(manifest, 'schema', problem));
  for (const rule of check.rules.filter(({ reads }) => isSound(ofSchema, 'metadata') && isSound(ofSchema, reads))) {
    // The schema has no problem with what the rule reads.
    const found = await rule.check(manifest.object as unknown as T, context);
    problems.push(...found.map((problem) => problemAt(manifest, rule.name, problem)));
  }
  return problems;
}

/** The second of two objects with one name would replace the first one. */
function duplicateProblems(manifest: Manifest, { manifests }: LintContext): LintProblem[] {
  const first = manifests.find((other) => isOurKind(other) && nameOf(other) === nameOf(manifest));
  if (!first || first === manifest) {
    return [];
  }
  const message = `is already the name of the object in ${first.file}:${first.lineOf('metadata.name')}; give it another name, or remove one`;
  return [problemAt(manifest, 'duplicates', { path: 'metadata.name', message })];
}

function nameOf({ object: { kind, metadata } }: Manifest): string {
  return [kind, metadata?.namespace ?? '', metadata?.name].join(' ');
}

function problemAt(manifest: Manifest, rule: string, { path, message, lineOfText }: RuleProblem): LintProblem {
  const { file, object } = manifest;
  const line = lineOfText === undefined ? manifest.lineOf(path) : manifest.lineInText(path, lineOfText);
  return { file, line, object: `${String(object.kind)} ${String(object.metadata?.name ?? 'without a name')}`, rule, path, message };
}
