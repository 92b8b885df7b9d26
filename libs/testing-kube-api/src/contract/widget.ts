import { untilRight } from '@oci-connector/testing-kit';
import { type ContractContext } from './contract-context';
import { asList, asObject, at, type JsonObject } from '../kube-api/json';

const GROUP = 'contract.connectors.alauda.io';

/** Group and version of Widgets. */
export const WIDGETS = `${GROUP}/v1`;

const spec = {
  type: 'object',
  required: ['address'],
  'x-kubernetes-validations': [{ rule: '!has(self.size) || self.size != 13', message: 'size 13 is unlucky' }],
  properties: {
    address: {
      type: 'string',
      pattern: '^https?://',
      maxLength: 40,
      'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'address is immutable' }],
    },
    size: { type: 'integer', minimum: 1, maximum: 50, default: 5 },
    protocol: { type: 'string', enum: ['oci', 'http'] },
    free: { 'x-kubernetes-preserve-unknown-fields': true },
    labels: { type: 'object', additionalProperties: { type: 'string' } },
    parts: {
      type: 'array',
      maxItems: 3,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      items: {
        type: 'object',
        required: ['name'],
        properties: { name: { type: 'string', maxLength: 20 }, value: { type: 'string', default: 'none' } },
      },
    },
  },
};

const status = {
  type: 'object',
  properties: {
    phase: { type: 'string' },
    conditions: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['type'],
      items: {
        type: 'object',
        required: ['type'],
        properties: { type: { type: 'string' }, status: { type: 'string' } },
      },
    },
  },
};

/** A type with one of each feature that the product's types use. */
const WIDGET_CRD = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `widgets.${GROUP}` },
  spec: {
    group: GROUP,
    scope: 'Namespaced',
    names: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList', shortNames: ['wdg'] },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        additionalPrinterColumns: [
          { name: 'Address', type: 'string', jsonPath: '.spec.address' },
          { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
          { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
        ],
        schema: {
          openAPIV3Schema: {
            type: 'object',
            required: ['spec'],
            'x-kubernetes-validations': [{ rule: 'self.metadata.name.size() <= 20', message: 'the name must have at most 20 characters' }],
            properties: { spec, status },
          },
        },
      },
    ],
  },
};

const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

/** Creates the type, and waits until it is served. */
export async function createWidgetType(context: ContractContext): Promise<void> {
  await applyDefinition(context, WIDGET_CRD);
  await untilRight(
    () => context.admin.get(context.api(WIDGETS, 'widgets')),
    ({ status: code }) => code === 200,
  );
}

export async function removeWidgetType({ admin }: ContractContext): Promise<void> {
  await admin.delete(`${CRDS}/${WIDGET_CRD.metadata.name}`);
}

/**
 * Creates or replaces a CustomResourceDefinition.
 *
 * @returns its conditions after it is established
 */
export async function applyDefinition({ admin }: ContractContext, definition: JsonObject): Promise<JsonObject[]> {
  const name = String(at(definition, 'metadata', 'name'));
  const created = await admin.post(CRDS, definition);
  if (created.status === 409) {
    await admin.patch(`${CRDS}/${name}`, { spec: definition['spec'] });
  } else if (created.status !== 201) {
    throw new Error(`${name}: ${created.status} ${JSON.stringify(created.body)}`);
  }
  const conditions = await untilRight(
    async () => asList(at((await admin.get(`${CRDS}/${name}`)).body, 'status', 'conditions')).map(asObject),
    (found) => found.some(({ type, status: value }) => type === 'Established' && value === 'True'),
  );
  return conditions;
}

export function widget(name: string, overrides: { spec?: JsonObject; metadata?: JsonObject; status?: JsonObject } = {}): JsonObject {
  return {
    apiVersion: WIDGETS,
    kind: 'Widget',
    metadata: { name, ...overrides.metadata },
    spec: { address: 'https://registry.example', ...overrides.spec },
    ...(overrides.status && { status: overrides.status }),
  };
}
