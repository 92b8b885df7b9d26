import { API_GROUP, API_VERSION, CUSTOM_RESOURCES, type CustomResource, type JsonSchema, schemaOf } from '@oci-connector/connector-api';
import { type GeneratedFile } from './generated-file';
import { markdownTable } from './markdown-table';

const INTRODUCTION = `# API reference: ${API_GROUP}/${API_VERSION}

\`npm run generate\` writes this page from the classes of \`libs/connector-api\`; do not edit it. \`kubectl explain connector.spec\`
shows the same.

${CUSTOM_RESOURCES.map(({ kind }) => `- [${kind}](#${kind.toLowerCase()})\n`).join('')}`;

/** Returns the page with every field of every kind, its type and its meaning. */
export async function apiReference(): Promise<GeneratedFile[]> {
  return [{ path: 'docs/reference/api.md', text: [INTRODUCTION, ...CUSTOM_RESOURCES.map(section)].join('\n') }];
}

function section(resource: CustomResource): string {
  const { kind, scope, shortNames, description } = resource;
  const schema = schemaOf(resource.schemaClass);
  const rules = (schema['x-kubernetes-validations'] ?? []).map(({ message }) => message);
  return [
    `## ${kind}`,
    '',
    description,
    '',
    `${scope === 'Cluster' ? 'Cluster-scoped' : 'Namespaced'}; short name \`${shortNames.join('`, `')}\`.`,
    ...rules.map((message) => `\n${message}.`),
    '',
    markdownTable(['Field', 'Type', 'Meaning'], rows('', schema)),
  ].join('\n');
}

function rows(path: string, schema: JsonSchema): string[][] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, child]) => {
    const childPath = path === '' ? name : `${path}.${name}`;
    const required = schema.required?.includes(name) ? ', required' : '';
    const own = [`\`${childPath}\``, typeOf(child) + required, meaning(child)];
    const element = child.items ?? child.additionalProperties;
    const below = element ? rows(`${childPath}${child.items ? '[]' : '.*'}`, element) : rows(childPath, child);
    return [own, ...below];
  });
}

function typeOf(schema: JsonSchema): string {
  if (schema.items) {
    return `list of ${typeOf(schema.items)}`;
  }
  if (schema.additionalProperties) {
    return `map of ${typeOf(schema.additionalProperties)}`;
  }
  return schema.type ?? 'any';
}

function meaning({ description = '', enum: values, default: byDefault, items, ...schema }: JsonSchema): string {
  const rules = [...(schema['x-kubernetes-validations'] ?? []), ...(items?.['x-kubernetes-validations'] ?? [])];
  return [
    description,
    ...(values ? [`One of ${values.map((value) => `\`${value || '""'}\``).join(', ')}.`] : []),
    ...(byDefault !== undefined ? [`Default \`${JSON.stringify(byDefault)}\`.`] : []),
    ...rules.map(({ message, fieldPath = '' }) => `${fieldPath === '' ? 'It' : `\`${fieldPath.slice(1)}\``} ${message}.`),
  ].join(' ');
}
