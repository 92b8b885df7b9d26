import { readFile } from 'node:fs/promises';
import { isMap, isScalar, parse, parseDocument, type YAMLMap } from 'yaml';
import { programSettings, type ProgramSetting } from './configuration-reference';
import { type GeneratedFile } from './generated-file';
import { markdownTable } from './markdown-table';

const CHART = 'deploy/chart';

/** Variables that the chart sets itself, and the value of the chart to use instead. */
const OWN_VARIABLES: Readonly<Record<string, string>> = {
  OCI_CONNECTOR_NAMESPACE: 'the namespace of the release',
  OCI_CONNECTOR_CLUSTER_DOMAIN: 'clusterDomain',
  OCI_CONNECTOR_AUDIENCES: 'audiences',
  OCI_CONNECTOR_EXTERNAL_HTTP_URL: 'externalURL.http',
  OCI_CONNECTOR_EXTERNAL_HTTPS_URL: 'externalURL.https',
  OCI_CONNECTOR_EGRESS_ALLOW_CIDRS: 'egress.allowCIDRs',
  OCI_CONNECTOR_EGRESS_REDIRECT_CIDRS: 'egress.redirectCIDRs',
  OCI_CONNECTOR_CA_BUNDLE: 'caBundle',
  OCI_CONNECTOR_CONTROLLER_LEASE_DURATION: 'controller.leaseSeconds',
  OCI_CONNECTOR_CONTROLLER_SECRET_NAMESPACES: 'rbac.secretNamespaces',
  OCI_CONNECTOR_PROXY_DRAIN_DELAY: 'proxy.drainDelaySeconds',
  OCI_CONNECTOR_PROXY_GRACE: 'proxy.graceSeconds',
  OCI_CONNECTOR_CSI_KUBELET_DIRECTORY: 'csi.kubeletDirectory',
  OCI_CONNECTOR_CSI_NODE_NAME: 'the name of the node',
  // The templates, the Services and the probes name these.
  OCI_CONNECTOR_PROXY_SERVICE: 'none: classes rely on the name',
  OCI_CONNECTOR_ADMIN_HOST: 'none',
  OCI_CONNECTOR_ADMIN_PORT: 'none',
  OCI_CONNECTOR_KUBECONFIG: 'none',
  OCI_CONNECTOR_PROXY_HOST: 'none',
  OCI_CONNECTOR_PROXY_HTTP_PORT: 'none',
  OCI_CONNECTOR_PROXY_HTTPS_PORT: 'none',
  OCI_CONNECTOR_CONTROLLER_LEASE_NAME: 'none: a Role names it',
  OCI_CONNECTOR_CSI_SOCKET: 'none',
  OCI_CONNECTOR_CSI_REGISTRATION_DIRECTORY: 'none',
  OCI_CONNECTOR_CSI_MOUNT: 'none',
  OCI_CONNECTOR_CSI_PROXY_HTTP_PORT: 'none: the Service has fixed ports',
  OCI_CONNECTOR_CSI_PROXY_HTTPS_PORT: 'none: the Service has fixed ports',
};

type Schema = Record<string, unknown>;

/** One value of the chart. */
interface Value {
  /** Its keys, joined by dots. */
  readonly path: string;
  readonly description: string;
  readonly default: unknown;
  readonly schema: Schema;
}

/** Writes the JSON schema of the chart's values, by which Helm checks them, and the page that describes them. */
export async function chartValues(): Promise<GeneratedFile[]> {
  const document = parseDocument(await readFile(`${CHART}/values.yaml`, 'utf8'));
  const settings = settingsSchemas(await programSettings());
  const values: Value[] = [];
  const { properties, ...rest } = schemaOf(document.contents as YAMLMap, [], { values, settings });
  const schema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Values of the chart oci-connector',
    ...rest,
    // Helm passes "global" to every chart.
    properties: { ...(properties as Schema), global: { type: 'object' } },
  };
  return [
    { path: `${CHART}/values.schema.json`, text: `${JSON.stringify(schema, undefined, 2)}\n` },
    { path: 'docs/reference/chart-values.md', text: page(values) },
  ];
}

interface Collected {
  readonly values: Value[];
  /** The schemas of the maps of environment variables, by path. */
  readonly settings: Readonly<Record<string, Schema>>;
}

function schemaOf(map: YAMLMap, path: readonly string[], collected: Collected): Schema {
  const properties: Record<string, Schema> = {};
  map.items.forEach((pair, index) => {
    const { key, value } = pair;
    const name = String(isScalar(key) ? key.value : key);
    // The comment before the first key of a map belongs to the map.
    const comment = commentOf(index === 0 ? map : key);
    properties[name] = propertySchema([...path, name], value, comment, collected);
  });
  return { type: 'object', additionalProperties: false, properties };
}

function propertySchema(path: readonly string[], value: unknown, { text, rules }: Comment, collected: Collected): Schema {
  const joined = path.join('.');
  const settings = collected.settings[joined];
  if (isMap(value) && value.items.length > 0 && !rules && !settings) {
    return schemaOf(value, path, collected);
  }
  const plain: unknown = (value as { toJSON?: () => unknown }).toJSON?.() ?? null;
  const schema: Schema = { description: text, ...(settings ?? typeOf(plain)), ...rules };
  if (!text) {
    delete schema.description;
  }
  collected.values.push({ path: joined, description: text, default: plain, schema });
  return schema;
}

function typeOf(value: unknown): Schema {
  if (Array.isArray(value)) {
    return { type: 'array', items: typeof value[0] === 'object' ? { type: 'object' } : { type: 'string' } };
  }
  if (typeof value === 'number') {
    return { type: 'integer' };
  }
  return { type: typeof value };
}

interface Comment {
  readonly text: string;
  /** Rules in addition to the type: the YAML of the lines that begin with `@schema`. */
  readonly rules?: Schema;
}

function commentOf(node: unknown): Comment {
  const lines = ((node as { commentBefore?: string | null }).commentBefore ?? '').split('\n').map((line) => line.trim());
  const rules = lines.filter((line) => line.startsWith('@schema ')).map((line) => line.slice('@schema '.length));
  const text = lines
    .filter((line) => !line.startsWith('@schema '))
    .join(' ')
    .trim();
  return { text, rules: rules.length > 0 ? (parse(rules.join('\n')) as Schema) : undefined };
}

/** Returns the schema of each map of environment variables: those of the program, without those that the chart sets itself. */
function settingsSchemas(programs: Readonly<Record<string, readonly ProgramSetting[]>>): Record<string, Schema> {
  const entries = Object.entries(programs);
  const everywhere = (name: string): boolean => entries.every(([, settings]) => settings.some((setting) => setting.name === name));
  const schemas = entries.map(([program, settings]) => [`${program}.settings`, variables(settings)] as const);
  const common = (entries[0]?.[1] ?? []).filter(({ name }) => everywhere(name));
  return Object.fromEntries([['settings', variables(common)], ...schemas]);
}

function variables(settings: readonly ProgramSetting[]): Schema {
  const own = settings.filter(({ name }) => !(name in OWN_VARIABLES));
  return {
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(own.map((setting) => [setting.name, { description: setting.meaning, ...variableType(setting) }])),
  };
}

/** An address range, as the programs require it. */
const RANGE = String.raw`(\d{1,3}(\.\d{1,3}){3}/\d{1,2}|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*/\d{1,3})`;

/** Returns the type of a variable. A number and a boolean may be quoted; an empty text is the default of the program. */
function variableType({ name, kind }: ProgramSetting): Schema {
  const [, choices] = /^one of (.+)$/.exec(kind) ?? [];
  if (choices !== undefined) {
    return { type: 'string', enum: ['', ...choices.split(', ')] };
  }
  const [word = ''] = kind.split(/[ ,]/);
  switch (word) {
    case 'whole':
      return { type: ['integer', 'string'], minimum: 0, pattern: String.raw`^\d*$` };
    case 'true':
      return { type: ['boolean', 'string'], pattern: '^(true|false)?$' };
    case 'duration':
      return { type: 'string', pattern: String.raw`^(\d+(\.\d+)?(ms|s|m|h))*$` };
    case 'list': {
      const item = name.endsWith('_CIDRS') ? RANGE : String.raw`[^\s,]+`;
      return { type: ['string', 'integer'], pattern: `^(${item}(,${item})*)?$` };
    }
    case 'text':
      return { type: 'string' };
    default:
      throw new Error(`${name}: the kind "${kind}" is not known here`);
  }
}

const INTRODUCTION = `# Values of the Helm chart

\`npm run generate\` writes this page from [values.yaml](../../deploy/chart/values.yaml); do not edit it. Helm refuses a value that is not on this page.

`;

function page(values: readonly Value[]): string {
  const rows = values.map(({ path, description, default: value, schema }) => [
    `\`${path}\``,
    typeText(schema),
    value === '' ? '' : `\`${JSON.stringify(value)}\``,
    description,
  ]);
  const allowed = values
    .filter(({ path }) => path.split('.').at(-1) === 'settings')
    .map(({ path, schema }) => [
      `\`${path}\``,
      Object.keys(schema['properties'] as Schema)
        .map((name) => `\`${name}\``)
        .join(', '),
    ]);
  const own = Object.entries(OWN_VARIABLES).map(([name, instead]) => [`\`${name}\``, instead]);
  return [
    INTRODUCTION + markdownTable(['Value', 'Type', 'Default', 'Meaning'], rows),
    `## Variables of the programs\n\nThese environment variables are allowed in \`settings\`. [Configuration](configuration.md) has their defaults and meaning.\n`,
    markdownTable(['Value', 'Variables'], allowed),
    `## Variables that the chart sets itself\n\nThese environment variables are not allowed in \`settings\`.\n`,
    markdownTable(['Variable', 'Value to use instead'], own),
  ].join('\n');
}

function typeText({ type, enum: choices }: Schema): string {
  return Array.isArray(choices) ? choices.map((choice) => `\`${String(choice)}\``).join(', ') : String(type);
}
