import { asList, isEqualJson, isJsonObject, type JsonObject } from './json';

/**
 * By which field the items of a list are the same item. Kubernetes has this on its Go types; these are the lists of the types
 * served here. A list that is not named is replaced as a whole.
 */
const MERGE_KEYS: Readonly<Record<string, readonly string[]>> = {
  'metadata.ownerReferences': ['uid'],
  'status.conditions': ['type'],
  'spec.ports': ['port', 'protocol'],
  secrets: ['name'],
  imagePullSecrets: ['name'],
  'spec.containers': ['name'],
  'spec.initContainers': ['name'],
  'spec.volumes': ['name'],
  'spec.template.spec.containers': ['name'],
  'spec.template.spec.initContainers': ['name'],
  'spec.template.spec.volumes': ['name'],
  'spec.template.spec.imagePullSecrets': ['name'],
  'spec.template.spec.containers.env': ['name'],
  'spec.template.spec.containers.ports': ['containerPort'],
  'spec.template.spec.containers.volumeMounts': ['mountPath'],
  'spec.containers.env': ['name'],
  'spec.containers.ports': ['containerPort'],
  'spec.containers.volumeMounts': ['mountPath'],
};

/** Lists of plain values that are merged as sets. */
const SETS = new Set(['metadata.finalizers']);

/**
 * Strategic merge patch (Kubernetes API conventions): as a merge patch, but lists merge by their keys, with the directives
 * `$patch: replace | delete | merge`, `$retainKeys`, `$setElementOrder/LIST` and `$deleteFromPrimitiveList/LIST`.
 */
export function applyStrategicMergePatch(document: JsonObject, patch: JsonObject, path = ''): JsonObject {
  const { $patch: directive, ...changes } = patch;
  if (directive === 'replace') return changes;
  if (directive === 'delete') return {};
  const result = retainKeys(document, changes['$retainKeys']);
  for (const [name, value] of Object.entries(changes)) applyField(result, name, value, path);
  for (const [name, order] of Object.entries(changes)) {
    if (name.startsWith(ORDER)) sortList(result, name.slice(ORDER.length), asList(order), path);
  }
  return result;
}

const ORDER = '$setElementOrder/';
const DELETE_VALUES = '$deleteFromPrimitiveList/';

function retainKeys(document: JsonObject, keys: unknown): JsonObject {
  if (!Array.isArray(keys)) return { ...document };
  return Object.fromEntries(Object.entries(document).filter(([name]) => keys.includes(name)));
}

function applyField(result: JsonObject, name: string, value: unknown, path: string): void {
  const field = path === '' ? name : `${path}.${name}`;
  if (name.startsWith(DELETE_VALUES)) {
    const list = name.slice(DELETE_VALUES.length);
    result[list] = asList(result[list]).filter((item) => !asList(value).includes(item));
  } else if (name.startsWith('$')) return;
  else if (value === null) delete result[name];
  else if (Array.isArray(value)) result[name] = mergeList(asList(result[name]), value as unknown[], field);
  else if (isJsonObject(value)) result[name] = applyStrategicMergePatch(isJsonObject(result[name]) ? result[name] : {}, value, field);
  else result[name] = value;
}

function mergeList(list: readonly unknown[], patch: readonly unknown[], path: string): unknown[] {
  if (SETS.has(path)) return [...list, ...patch.filter((item) => !list.includes(item))];
  const keys = MERGE_KEYS[path];
  if (!keys || patch.some((item) => isJsonObject(item) && item['$patch'] === 'replace')) {
    return patch.filter((item) => !isJsonObject(item) || item['$patch'] === undefined);
  }
  return patch.filter(isJsonObject).reduce<unknown[]>((result, item) => mergeItem(result, item, { keys, path }), [...list]);
}

function mergeItem(list: readonly unknown[], item: JsonObject, { keys, path }: { keys: readonly string[]; path: string }): unknown[] {
  const index = list.findIndex((other) => isJsonObject(other) && isSameItem(other, item, keys));
  if (item['$patch'] === 'delete') return list.filter((_, position) => position !== index);
  const before = list[index];
  const merged = applyStrategicMergePatch(isJsonObject(before) ? before : {}, item, path);
  return index < 0 ? [...list, merged] : list.map((other, position) => (position === index ? merged : other));
}

/** A key that the patch leaves out, such as the protocol of a port, does not count. */
function isSameItem(item: JsonObject, patch: JsonObject, keys: readonly string[]): boolean {
  return keys.every((key) => patch[key] === undefined || isEqualJson(item[key], patch[key]));
}

function sortList(result: JsonObject, name: string, order: readonly unknown[], path: string): void {
  const keys = MERGE_KEYS[path === '' ? name : `${path}.${name}`];
  const list = asList(result[name]);
  const rank = (item: unknown): number =>
    order.findIndex((wanted) => (keys && isJsonObject(item) && isJsonObject(wanted) ? isSameItem(item, wanted, keys) : wanted === item));
  const ranked = list.map((item, index) => ({ item, rank: rank(item), index }));
  ranked.sort((a, b) => (a.rank < 0 || b.rank < 0 ? a.index - b.index : a.rank - b.rank));
  if (list.length > 0) result[name] = ranked.map(({ item }) => item);
}
