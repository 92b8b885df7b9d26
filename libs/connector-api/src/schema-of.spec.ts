import { CUSTOM_RESOURCES } from './custom-resources';
import { type JsonSchema } from './json-schema';
import { schemaOf } from './schema-of';

/** Returns every schema below a schema, by path. */
function* walk(schema: JsonSchema, path: string): Generator<[string, JsonSchema]> {
  yield [path, schema];
  for (const [name, child] of Object.entries(schema.properties ?? {})) {
    yield* walk(child, `${path}.${name}`);
  }
  if (schema.items) {
    yield* walk(schema.items, `${path}[]`);
  }
  if (schema.additionalProperties) {
    yield* walk(schema.additionalProperties, `${path}{}`);
  }
}

describe.each(CUSTOM_RESOURCES)('the schema of $kind', ({ kind, schemaClass }) => {
  const schemas = [...walk(schemaOf(schemaClass), kind)];

  // The API server requires this of a structural schema, and for its cost estimate of the rules.
  it.each(schemas)('%s', (path, schema) => {
    expect(JSON.stringify(schema)).not.toContain('$ref');
    expect(schema.type ?? schema['x-kubernetes-preserve-unknown-fields']).toBeDefined();
    if (schema.type === 'array') {
      expect(schema.items).toBeDefined();
      expect(schema.maxItems).toBeGreaterThan(0);
      expect(schema['x-kubernetes-list-type']).toBeDefined();
    }
    if (schema.type === 'string' && !schema.enum) {
      expect(schema.maxLength).toBeGreaterThan(0);
    }
    if (schema.type === 'object' && path !== kind) {
      expect(schema.properties ?? schema.additionalProperties).toBeDefined();
    }
    for (const { rule, message } of schema['x-kubernetes-validations'] ?? []) {
      expect(rule).toContain('self');
      expect(message).toMatch(/must/);
      // kubectl prints a message on one line.
      expect(message).not.toContain('\n');
    }
  });

  it.each(schemas.filter(([path]) => /\.\w+$/.test(path) && !path.includes('.ref.')))('%s has a description', (_path, schema) => {
    expect(schema.description).toMatch(/\w/);
  });
});
