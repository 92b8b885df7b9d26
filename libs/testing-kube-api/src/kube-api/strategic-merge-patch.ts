import { asList, isEqualJson, isJsonObject, type JsonObject } from './json';

/**
 * The fields that identify the items of a list. Kubernetes declares them on its Go types; these are the lists of the types that are served
 * here. Any other list is replaced as a whole.
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
 * Applies a strategic merge patch (Kubernetes API conventions). It is like a merge patch, but lists are merged by their keys, with the
 * directives `$patch: replace | delete | merge`, `$retainKeys`, `$setElementOrder/LIST` and `$deleteFromPrimitiveList/LIST`.
 */
export function applyStrategicMergePatch(document: JsonObject, patch: JsonObject, path = ''): JsonObject {
  const { $patch: directive, ...changes } = patch;
  if (directive === 'replace') {
    return changes;
  }
  if (directive === 'delete') {
    return {};
  }
  const result = retainKeys(document, changes['$retainKeys']);
  for (const [name, value] of Object.entries(changes)) {
    applyField(result, name, value, path);
  }
  for (const [name, order] of Object.entries(changes)) {
    if (!name.startsWith(ORDER)) {
      continue;
    }
    const list = name.slice(ORDER.length);
    const keys = MERGE_KEYS[path === '' ? list : `${path}.${list}`];
    if (asList(result[list]).length > 0) {
      result[list] = inOrder(asList(result[list]), { wanted: asList(order), before: asList(document[list]), keys });
    }
  }
  return result;
}

const ORDER = '$setElementOrder/';
const DELETE_VALUES = '$deleteFromPrimitiveList/';

function retainKeys(document: JsonObject, keys: unknown): JsonObject {
  if (!Array.isArray(keys)) {
    return { ...document };
  }
  return Object.fromEntries(Object.entries(document).filter(([name]) => keys.includes(name)));
}

function applyField(result: JsonObject, name: string, value: unknown, path: string): void {
  const field = path === '' ? name : `${path}.${name}`;
  if (name.startsWith(DELETE_VALUES)) {
    const list = name.slice(DELETE_VALUES.length);
    result[list] = asList(result[list]).filter((item) => !asList(value).includes(item));
  } else if (name.startsWith('$')) {
    return;
  } else if (value === null) {
    delete result[name];
  } else if (Array.isArray(value)) {
    result[name] = mergeList(asList(result[name]), value as unknown[], field);
  } else if (isJsonObject(value)) {
    result[name] = applyStrategicMergePatch(isJsonObject(result[name]) ? result[name] : {}, value, field);
  } else {
    result[name] = value;
  }
}

function mergeList(list: readonly unknown[], patch: readonly unknown[], path: string): unknown[] {
  if (SETS.has(path)) {
    return [...list, ...patch.filter((item) => !list.includes(item))];
  }
  const keys = MERGE_KEYS[path];
  if (!keys || patch.some((item) => isJsonObject(item) && item['$patch'] === 'replace')) {
    return patch.filter((item) => !isJsonObject(item) || item['$patch'] === undefined);
  }
  return patch.filter(isJsonObject).reduce<unknown[]>((result, item) => mergeItem(result, item, { keys, path }), [...list]);
}

function mergeItem(list: readonly unknown[], item: JsonObject, { keys, path }: { keys: readonly string[]; path: string }): unknown[] {
  const index = list.findIndex((other) => isJsonObject(other) && isSameItem(other, item, keys));
  if (item['$patch'] === 'delete') {
    return list.filter((_, position) => position !== index);
  }
  const before = list[index];
  const merged = applyStrategicMergePatch(isJsonObject(before) ? before : {}, item, path);
  return index < 0 ? [...list, merged] : list.map((other, position) => (position === index ? merged : other));
}

/** A key that the patch omits, such as the protocol of a port, is not compared. */
function isSameItem(item: JsonObject, patch: JsonObject, keys: readonly string[]): boolean {
  return keys.every((key) => patch[key] === undefined || isEqualJson(item[key], patch[key]));
}

/** The wanted order and the previous order of a list. */
interface Ordering {
  readonly wanted: readonly unknown[];
  readonly before: readonly unknown[];
  readonly keys: readonly string[] | undefined;
}

/**
 * Sorts a list: the items that the patch names are in the order of the patch, and each other item is before the first named item that it
 * preceded in the previous list. A comparator of two items cannot do this, because the two orders may contradict each other
 * (mergeSortedSlice in strategicpatch of apimachinery).
 */
function inOrder(list: readonly unknown[], { wanted, before, keys }: Ordering): unknown[] {
  const placeIn = (order: readonly unknown[], item: unknown): number =>
    order.findIndex((other) => (keys && isJsonObject(item) && isJsonObject(other) ? isSameItem(item, other, keys) : other === item));
  const named = list.filter((item) => placeIn(wanted, item) >= 0).sort((a, b) => placeIn(wanted, a) - placeIn(wanted, b));
  const others = list.filter((item) => placeIn(wanted, item) < 0);
  const result: unknown[] = [];
  const preceded = (other: unknown, item: unknown): boolean =>
    placeIn(before, other) >= 0 && placeIn(before, other) < placeIn(before, item);
  for (const item of named) {
    while (others.length > 0 && preceded(others[0], item)) {
      result.push(others.shift());
    }
    result.push(item);
  }
  return [...result, ...others];
}
