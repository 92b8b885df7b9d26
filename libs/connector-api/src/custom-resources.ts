import { Connector } from './connector';
import { ConnectorClass } from './connector-class';
import { type SchemaClass } from './field-registry';

/** A column of `kubectl get`. */
export interface PrinterColumn {
  name: string;
  type: 'string' | 'date';
  jsonPath: string;
  description: string;
}

/** The content of a CustomResourceDefinition, except its schema. */
export interface CustomResource {
  schemaClass: SchemaClass;
  kind: string;
  plural: string;
  singular: string;
  shortNames: readonly string[];
  scope: 'Namespaced' | 'Cluster';
  description: string;
  printerColumns: readonly PrinterColumn[];
}

/** `kubectl get oci-connector` lists the objects of all our kinds. */
export const RESOURCE_CATEGORY = 'oci-connector';

const STATE_COLUMNS: readonly PrinterColumn[] = [
  {
    name: 'Ready',
    type: 'string',
    jsonPath: '.status.conditions[?(@.type=="Ready")].status',
    description: 'Whether it can be used.',
  },
  {
    name: 'Reason',
    type: 'string',
    jsonPath: '.status.conditions[?(@.type=="Ready")].reason',
    description: 'Why it cannot be used.',
  },
  { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp', description: 'Time since its creation.' },
];

/** All kinds of this API. */
export const CUSTOM_RESOURCES: readonly CustomResource[] = [
  {
    schemaClass: Connector,
    kind: 'Connector',
    plural: 'connectors',
    singular: 'connector',
    shortNames: ['conn'],
    scope: 'Namespaced',
    description:
      'A Connector is the address and the credential of a tool, such as a registry. Workloads use it through the proxy with their ServiceAccount token, and never get the credential.',
    printerColumns: [
      { name: 'Class', type: 'string', jsonPath: '.spec.connectorClassName', description: 'Its ConnectorClass.' },
      { name: 'Address', type: 'string', jsonPath: '.spec.address', description: 'Its address.' },
      ...STATE_COLUMNS,
    ],
  },
  {
    schemaClass: ConnectorClass,
    kind: 'ConnectorClass',
    plural: 'connectorclasses',
    singular: 'connectorclass',
    shortNames: ['connclass'],
    scope: 'Cluster',
    description:
      'A ConnectorClass describes a kind of tool: what its Connectors need, how the controller probes them, and which protocol the proxy uses.',
    printerColumns: STATE_COLUMNS,
  },
];
