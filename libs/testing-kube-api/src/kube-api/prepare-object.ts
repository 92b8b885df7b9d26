import { type ApiMetadata, type ApiObject, formatApiVersion } from './api-object';
import { badRequest, cause, invalid, type StatusCause } from './api-error';
import { applyBuiltInDefaults, validateBuiltIn } from './built-in-rules';
import { asText, cloneJson, isJsonObject, type JsonObject } from './json';
import { METADATA_SCHEMA, validateMetadata } from './metadata-rules';
import { type ResourceDefinition } from './resource-definition';
import { type Schema } from './schema';
import { applyDefaults } from './schema-defaults';
import { pruneUnknown } from './schema-pruning';
import { validateSchema } from './schema-validation';
import { type WriteRequest } from './write-request';

/**
 * Decodes the object in a body: checks its kind, removes unknown fields and sets defaults.
 *
 * @throws ApiError 400 or 422 when the body is not an object of the type
 */
export function decodeObject(body: JsonObject, request: WriteRequest): ApiObject {
  const { definition } = request;
  const object = cloneJson(body);
  if (!isJsonObject(object['metadata'])) {
    object['metadata'] = {};
  }
  checkKind(object, definition);
  checkUnknownFields(object, request);
  // Only requests for the subresource change the status.
  if (definition.hasStatus && request.subresource !== 'status') {
    delete object['status'];
  }
  if (definition.custom) {
    applyDefaults(object, definition.schema ?? {});
  } else {
    dropNulls(object);
    checkTypes(object, definition);
    applyBuiltInDefaults(object as ApiObject);
  }
  return object as ApiObject;
}

/**
 * Validates an object as a whole.
 *
 * @param old the stored object; absent on creation
 * @throws ApiError 422 with all problems
 */
export function validateObject(object: ApiObject, old: ApiObject | undefined, definition: ResourceDefinition): void {
  const causes = [...validateMetadata(object, definition), ...validateContent(object, old, definition)];
  if (causes.length === 0) {
    return;
  }
  throw invalid({ group: definition.group, kind: definition.kind, name: object.metadata.name }, causes);
}

function validateContent(object: ApiObject, old: ApiObject | undefined, definition: ResourceDefinition): StatusCause[] {
  if (!definition.custom) {
    return validateBuiltIn(object, old);
  }
  const { schema = {}, rules } = definition;
  const causes = validateSchema({ value: withRootMetadata(object), old: old && withRootMetadata(old), path: '' }, schema);
  if (!rules || rules.isEmpty) {
    return causes;
  }
  if (causes.some(({ reason }) => BLOCKING.has(reason))) {
    return [...causes, RULES_NOT_CHECKED];
  }
  return [...causes, ...rules.evaluate(withRootMetadata(object), old && withRootMetadata(old))];
}

/** Problems after which rules are not evaluated, because a value may not have the type that a rule expects. */
const BLOCKING = new Set([
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
]);

const RULES_NOT_CHECKED: StatusCause = cause.invalid(
  '<nil>',
  null,
  'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
);

/** Returns the object as schema and rules see it: its metadata contain only the name. */
function withRootMetadata(object: ApiObject): JsonObject {
  const { name, generateName } = object.metadata;
  return { ...object, metadata: { name, ...(generateName !== undefined && { generateName }) } };
}

function checkKind(object: JsonObject, { group, version, kind, custom }: ResourceDefinition): void {
  const apiVersion = formatApiVersion({ group, version });
  const actual = { apiVersion: asText(object['apiVersion']), kind: asText(object['kind']) };
  if (actual.apiVersion === '' && actual.kind === '' && !custom) {
    Object.assign(object, { apiVersion, kind });
  } else if (actual.kind === '') {
    throw badRequest(`Object 'Kind' is missing in '${JSON.stringify(object)}'`);
  } else if (actual.apiVersion !== apiVersion) {
    const message = `the API version in the data (${actual.apiVersion}) does not match the expected API version (${apiVersion})`;
    throw badRequest(message);
  } else if (actual.kind !== kind) {
    if (!custom) {
      throw badRequest(`${actual.kind} in version "${version}" cannot be handled as a ${kind}`);
    }
    const { name } = object['metadata'] as ApiMetadata;
    throw invalid({ group, kind: actual.kind, name }, [cause.invalid('kind', actual.kind, `must be ${kind}`)]);
  }
}

const ROOT: Schema = { type: 'object', properties: { apiVersion: {}, kind: {}, metadata: METADATA_SCHEMA } };

function checkUnknownFields(object: JsonObject, { definition, fieldValidation, warnings }: WriteRequest): void {
  const unknown = pruneUnknown(object['metadata'], METADATA_SCHEMA, 'metadata');
  const { schema, version, kind } = definition;
  if (schema) {
    unknown.push(...pruneUnknown(object, { ...schema, properties: { ...schema.properties, ...ROOT.properties } }));
  }
  if (unknown.length === 0 || fieldValidation === 'Ignore') {
    return;
  }
  const problems = unknown.map((field) => `unknown field "${field}"`);
  if (fieldValidation === 'Warn') {
    warnings.push(...problems);
  } else {
    throw badRequest(`${kind} in version "${version}" cannot be handled as a ${kind}: strict decoding error: ${problems.join(', ')}`);
  }
}

/** Checks the types of fields. kube-apiserver decodes built-in types into Go types, so a wrong type is a decoding error (400). */
function checkTypes(object: ApiObject | JsonObject, { schema, version, kind }: ResourceDefinition): void {
  const causes = [
    ...validateSchema({ value: object['metadata'], path: 'metadata' }, METADATA_SCHEMA),
    ...(schema ? validateSchema({ value: object, path: '' }, schema) : []),
  ];
  const [first] = causes;
  if (first) {
    throw badRequest(`${kind} in version "${version}" cannot be handled as a ${kind}: json: ${first.field}: ${first.message}`);
  }
}

/** Removes null values: in built-in types, null means absent. */
function dropNulls(value: unknown): void {
  if (Array.isArray(value)) {
    value.forEach(dropNulls);
  }
  if (!isJsonObject(value)) {
    return;
  }
  for (const [name, item] of Object.entries(value)) {
    if (item === null) {
      delete value[name];
    } else {
      dropNulls(item);
    }
  }
}
