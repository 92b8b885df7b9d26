import { type Field, fieldsOf, rulesOf, type SchemaClass } from './field-registry';
import { type JsonSchema } from './json-schema';
import { type Rule, toValidationRule } from './rule';

/** Returns the structural schema of a class, with the schemas of nested classes and every rule as CEL. */
export function schemaOf(schemaClass: SchemaClass): JsonSchema {
  const fields = [...fieldsOf(schemaClass)];
  const required = fields.filter(([, field]) => !field.optional).map(([name]) => name);
  return {
    type: 'object',
    ...(required.length > 0 && { required }),
    properties: Object.fromEntries(fields.map(([name, field]) => [name, fieldSchema(field)])),
    ...validations(rulesOf(schemaClass)),
  };
}

function fieldSchema({ schema, nested, rules, itemRules }: Field): JsonSchema {
  const nestedSchema = nested ? schemaOf(nested()) : {};
  const ownRules = validations(rules);
  if (schema.type === 'array') {
    const items = { ...nestedSchema, ...schema.items, ...validations(itemRules) };
    return { ...schema, ...ownRules, items };
  }
  if (schema.additionalProperties && nested) {
    return { ...schema, ...ownRules, additionalProperties: nestedSchema };
  }
  const inherited = nestedSchema['x-kubernetes-validations'] ?? [];
  const all = [...inherited, ...(ownRules['x-kubernetes-validations'] ?? [])];
  return { ...schema, ...nestedSchema, ...(all.length > 0 && { 'x-kubernetes-validations': all }) };
}

function validations(rules: readonly Rule[]): Pick<JsonSchema, 'x-kubernetes-validations'> {
  return rules.length > 0 ? { 'x-kubernetes-validations': rules.map(toValidationRule) } : {};
}
