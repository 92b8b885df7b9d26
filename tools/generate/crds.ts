import {
  API_GROUP,
  API_VERSION,
  CUSTOM_RESOURCES,
  type CustomResource,
  type JsonSchema,
  RESOURCE_CATEGORY,
  schemaOf,
} from '@oci-connector/connector-api';
import { stringify } from 'yaml';
import { type GeneratedFile } from './generated-file';

const NOTICE = '# Made by `npm run generate` from the classes of libs/connector-api; do not edit.\n';

/** One CustomResourceDefinition per kind. */
export async function crdFiles(): Promise<GeneratedFile[]> {
  return CUSTOM_RESOURCES.map((resource) => ({
    path: `libs/connector-api/crds/${resource.plural}.yaml`,
    text: NOTICE + stringify(customResourceDefinition(resource), { lineWidth: 120, aliasDuplicateObjects: false }),
  }));
}

/** The CustomResourceDefinition of a kind (apiextensions.k8s.io/v1). */
function customResourceDefinition(resource: CustomResource): object {
  const { kind, plural, singular, shortNames, scope, printerColumns } = resource;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${API_GROUP}` },
    spec: {
      group: API_GROUP,
      scope,
      names: { kind, listKind: `${kind}List`, plural, singular, shortNames, categories: [RESOURCE_CATEGORY] },
      versions: [
        {
          name: API_VERSION,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: printerColumns,
          schema: { openAPIV3Schema: rootSchema(resource) },
        },
      ],
    },
  };
}

/** The schema of a whole object; of `metadata` a CustomResourceDefinition may say nothing but that it is there. */
function rootSchema({ schemaClass, description }: CustomResource): JsonSchema {
  const { properties, ...schema } = schemaOf(schemaClass);
  return {
    description,
    ...schema,
    properties: {
      apiVersion: { type: 'string', description: 'Version of the API that the object is written in.' },
      kind: { type: 'string', description: 'Kind of the object.' },
      metadata: { type: 'object' },
      ...properties,
    },
  };
}
