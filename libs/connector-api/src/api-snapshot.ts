import { CUSTOM_RESOURCES } from './custom-resources';
import { type JsonSchema } from './json-schema';
import { schemaOf } from './schema-of';

/** The properties of a field that manifests rely on. */
export interface FieldSnapshot {
  type: string;
  required?: true;
  enum?: readonly string[];
  /** The longest value, the most items or the most properties. */
  max?: number;
}

/** The fields of all kinds by path, such as `Connector.spec.params[].name`. */
export type ApiSnapshot = Record<string, FieldSnapshot>;

/** Returns a snapshot of the current API. */
export function apiSnapshot(): ApiSnapshot {
  const snapshot: ApiSnapshot = {};
  for (const { kind, schemaClass } of CUSTOM_RESOURCES) {
    addFields(snapshot, kind, schemaOf(schemaClass));
  }
  return snapshot;
}

function addFields(snapshot: ApiSnapshot, path: string, schema: JsonSchema): void {
  for (const [name, child] of Object.entries(schema.properties ?? {})) {
    const childPath = `${path}.${name}`;
    snapshot[childPath] = snapshotOf(child, schema.required?.includes(name) ?? false);
    addFields(snapshot, childPath, child);
  }
  addElement(snapshot, `${path}[]`, schema.items);
  addElement(snapshot, `${path}{}`, schema.additionalProperties);
}

function addElement(snapshot: ApiSnapshot, path: string, element: JsonSchema | undefined): void {
  if (!element) {
    return;
  }
  snapshot[path] = snapshotOf(element, false);
  addFields(snapshot, path, element);
}

function snapshotOf(schema: JsonSchema, required: boolean): FieldSnapshot {
  const max = schema.maxLength ?? schema.maxItems ?? schema.maxProperties;
  return {
    type: schema.type ?? 'any',
    ...(required && { required }),
    ...(schema.enum && { enum: schema.enum }),
    ...(max !== undefined && { max }),
  };
}

/** The differences between two states of the API. */
export interface ApiChanges {
  /** Changes that break manifests that were valid before. */
  breaking: string[];
  /** Changes that only allow more than before. */
  additions: string[];
}

/** Returns what a change of the API means for existing manifests. */
export function compareApi(before: ApiSnapshot, after: ApiSnapshot): ApiChanges {
  const breaking: string[] = [];
  const additions: string[] = [];
  for (const [path, old] of Object.entries(before)) {
    const current = after[path];
    if (!current) {
      breaking.push(`${path} was removed`);
    } else {
      compareField({ path, old, current }, { breaking, additions });
    }
  }
  for (const [path, field] of Object.entries(after)) {
    if (before[path]) {
      continue;
    }
    const parent = path.slice(0, Math.max(path.lastIndexOf('.'), 0));
    // The object itself is new, so no existing manifest can lack the field.
    if (field.required && (before[parent] ?? !parent.includes('.'))) {
      breaking.push(`${path} is new and required`);
    } else {
      additions.push(`${path} is new`);
    }
  }
  return { breaking, additions };
}

function compareField(
  { path, old, current }: { path: string; old: FieldSnapshot; current: FieldSnapshot },
  { breaking, additions }: ApiChanges,
): void {
  if (old.type !== current.type) {
    breaking.push(`${path} was of type ${old.type} and is of type ${current.type}`);
  }
  if (current.required && !old.required) {
    breaking.push(`${path} is required now`);
  }
  if (old.required && !current.required) {
    additions.push(`${path} is optional now`);
  }
  compareEnum({ path, old: old.enum, current: current.enum }, { breaking, additions });
  compareMax({ path, old: old.max, current: current.max }, { breaking, additions });
}

function compareEnum(
  { path, old, current }: { path: string; old?: readonly string[]; current?: readonly string[] },
  { breaking, additions }: ApiChanges,
): void {
  if (!current) {
    if (old) {
      additions.push(`${path} allows any value now`);
    }
    return;
  }
  if (!old) {
    breaking.push(`${path} allows only ${current.join(', ')} now`);
    return;
  }
  const lost = old.filter((value) => !current.includes(value));
  const gained = current.filter((value) => !old.includes(value));
  if (lost.length > 0) {
    breaking.push(`${path} no longer allows ${lost.join(', ')}`);
  }
  if (gained.length > 0) {
    additions.push(`${path} allows ${gained.join(', ')} now`);
  }
}

function compareMax(
  { path, old = Infinity, current = Infinity }: { path: string; old?: number; current?: number },
  { breaking, additions }: ApiChanges,
): void {
  if (current < old) {
    breaking.push(`${path} allows at most ${current} now, not ${old}`);
  }
  if (current > old) {
    additions.push(`${path} allows more than ${old} now`);
  }
}
