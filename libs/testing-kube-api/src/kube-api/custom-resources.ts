import { type ApiObject } from './api-object';
import { cause, type StatusCause } from './api-error';
import { CelRules, CelRulesUnsupported } from './cel-rules';
import { asList, asObject, asText, asTexts, isJsonObject, type JsonObject } from './json';
import { type PrinterColumn, type ResourceDefinition } from './resource-definition';
import { type Schema } from './schema';
import { patternOf } from './schema-scalars';

const AGE: PrinterColumn = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };

/**
 * Returns the types that a CustomResourceDefinition declares, one for each served version.
 *
 * @throws CelRulesUnsupported when a rule cannot be evaluated
 * @throws SyntaxError when a pattern is invalid
 */
export function definitionsOf(crd: ApiObject): ResourceDefinition[] {
  const spec = asObject(crd['spec']);
  return asList(spec['versions'])
    .map(asObject)
    .filter((version) => version['served'] === true)
    .map((version) => definitionOf(spec, version));
}

function definitionOf(spec: JsonObject, version: JsonObject): ResourceDefinition {
  const names = namesOf(spec);
  const schema = asObject(asObject(version['schema'])['openAPIV3Schema']) as Schema;
  checkPatterns(schema);
  const columns = asList(version['additionalPrinterColumns']).filter(isJsonObject) as unknown as PrinterColumn[];
  return {
    group: asText(spec['group']),
    version: asText(version['name']),
    ...names,
    namespaced: spec['scope'] === 'Namespaced',
    hasStatus: isJsonObject(asObject(version['subresources'])['status']),
    hasGeneration: true,
    createOnly: false,
    subresources: [],
    versionedUpdates: true,
    createOnUpdate: false,
    custom: true,
    schema,
    rules: new CelRules(schema),
    printerColumns: columns.length > 0 ? columns : [AGE],
    selectableFields: asList(version['selectableFields']).map((field) => asText(asObject(field)['jsonPath']).replace(/^\./, '')),
  };
}

/** Returns the names with the defaults of the API server (`status.acceptedNames`). */
export function namesOf(
  spec: JsonObject,
): Pick<ResourceDefinition, 'plural' | 'singular' | 'kind' | 'listKind' | 'shortNames' | 'categories'> {
  const names = asObject(spec['names']);
  const kind = asText(names['kind']);
  return {
    plural: asText(names['plural']),
    singular: asText(names['singular']) || kind.toLowerCase(),
    kind,
    listKind: asText(names['listKind']) || `${kind}List`,
    shortNames: asTexts(names['shortNames']),
    categories: asTexts(names['categories']),
  };
}

/** Compiles all patterns, so that an invalid one fails now and not with the first object. */
function checkPatterns(schema: unknown): void {
  if (Array.isArray(schema)) {
    schema.forEach(checkPatterns);
  }
  if (!isJsonObject(schema)) {
    return;
  }
  if (typeof schema['pattern'] === 'string') {
    patternOf(schema['pattern']);
  }
  Object.values(schema).forEach(checkPatterns);
}

/** Returns the problems for which the API server refuses a definition. */
export function validateDefinition(crd: ApiObject): StatusCause[] {
  const spec = asObject(crd['spec']);
  const { plural } = namesOf(spec);
  const expected = `${plural}.${asText(spec['group'])}`;
  if (crd.metadata.name !== expected) {
    return [cause.invalid('metadata.name', crd.metadata.name, `must be spec.names.plural+"."+spec.group`)];
  }
  if (asList(spec['versions']).filter((version) => asObject(version)['storage'] === true).length !== 1) {
    return [cause.invalid('spec.versions', spec['versions'], 'must have exactly one version marked as storage version')];
  }
  try {
    definitionsOf(crd);
    return [];
  } catch (error) {
    const detail = error instanceof CelRulesUnsupported ? error.message : `invalid pattern: ${(error as Error).message}`;
    return [cause.rule('spec.validation.openAPIV3Schema', 'FieldValueInvalid', detail)];
  }
}
