import { type ApiObject } from './api-object';
import { BUILT_IN_COLUMNS, type Column } from './built-in-columns';
import { age } from './age';
import { type JsonObject } from './json';
import { evaluateJsonPath } from './json-path';
import { type PrinterColumn, type ResourceDefinition } from './resource-definition';

interface Table {
  readonly columnDefinitions: readonly JsonObject[];
  readonly rows: readonly { readonly cells: readonly unknown[]; readonly object: ApiObject }[];
}

const NAME: Column = { name: 'Name', type: 'string', format: 'name', cell: ({ metadata }) => metadata.name };
const AGE: Column = { name: 'Age', type: 'string', cell: ({ metadata }, now) => age(metadata.creationTimestamp, now) };

/** Returns objects in the form that `kubectl get` prints. */
export function tableOf(definition: ResourceDefinition, objects: readonly ApiObject[], now: number): Table {
  const columns = columnsOf(definition);
  return {
    columnDefinitions: columns.map(({ name, type, format = '', priority = 0, description = '' }) => ({
      name,
      type,
      format,
      description,
      priority,
    })),
    rows: objects.map((object) => ({ cells: columns.map(({ cell }) => cell(object, now)), object })),
  };
}

function columnsOf({ kind, custom, printerColumns }: ResourceDefinition): Column[] {
  if (custom) {
    return [NAME, ...printerColumns.map(printed)];
  }
  return [NAME, ...(BUILT_IN_COLUMNS[kind] ?? [AGE])];
}

function printed({ name, type, format, priority, jsonPath, description }: PrinterColumn): Column {
  const text = description ?? `Custom resource definition column (in JSONPath format): ${jsonPath}`;
  return {
    name,
    type,
    format,
    priority,
    description: text,
    cell: (object, now) => {
      const values = evaluateJsonPath(jsonPath, object);
      if (values.length === 0) {
        return null;
      }
      return type === 'date' ? age(values[0], now) : scalar(values[0]);
    },
  };
}

function scalar(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : value;
}
