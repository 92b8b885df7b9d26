import { ApiError, badRequest } from './api-error';
import { cloneJson, isEqualJson, isJsonObject, type JsonObject } from './json';

type Container = JsonObject | unknown[];

interface Operation {
  readonly op: string;
  readonly path: string;
  readonly from?: string;
  readonly value?: unknown;
}

/**
 * Applies a JSON patch (RFC 6902). The document itself is not modified.
 *
 * @throws ApiError 400 when the patch is malformed, 422 when it cannot be applied to the document
 */
export function applyJsonPatch(document: JsonObject, patch: unknown): JsonObject {
  if (!Array.isArray(patch)) {
    throw badRequest('error decoding patch: a JSON patch is a list of operations');
  }
  const root = { document: cloneJson(document) as unknown };
  for (const item of patch as unknown[]) {
    applyOperation(root, parseOperation(item));
  }
  if (!isJsonObject(root.document)) {
    throw doesNotFit('the patched document is not an object');
  }
  return root.document;
}

function parseOperation(item: unknown): Operation {
  if (isJsonObject(item) && typeof item['op'] === 'string' && typeof item['path'] === 'string') {
    return item as unknown as Operation;
  }
  throw badRequest('error decoding patch: an operation needs op and path');
}

function applyOperation(root: { document: unknown }, { op, path, from = '', value }: Operation): void {
  switch (op) {
    case 'add':
      return add(root, path, value);
    case 'remove':
      remove(root, path);
      return;
    case 'replace':
      remove(root, path);
      return add(root, path, value);
    case 'move':
      return add(root, path, remove(root, from));
    case 'copy':
      return add(root, path, cloneJson(read(root, from)));
    case 'test':
      if (!isEqualJson(read(root, path), value)) {
        throw doesNotFit(`testing value ${path} failed: test failed`);
      }
      return;
    default:
      throw badRequest(`error decoding patch: unexpected op ${JSON.stringify(op)}`);
  }
}

/** Finds the container of a path. The document is a property of `root`, so that the empty path is not a special case. */
function locate(root: { document: unknown }, path: string): { container: Container; key: string } {
  const keys = ['document', ...path.split('/').slice(1).map(unescapeKey)];
  const key = keys.pop() ?? '';
  const container = keys.reduce<unknown>((current, step) => child(current, step), root);
  if (Array.isArray(container)) {
    return { container: container as unknown[], key };
  }
  if (isJsonObject(container)) {
    return { container, key };
  }
  throw doesNotFit(`the path ${path} does not exist`);
}

function unescapeKey(key: string): string {
  return key.replaceAll('~1', '/').replaceAll('~0', '~');
}

function child(container: unknown, key: string): unknown {
  if (Array.isArray(container)) {
    return (container as unknown[])[Number(key)];
  }
  return isJsonObject(container) && Object.hasOwn(container, key) ? container[key] : undefined;
}

function read(root: { document: unknown }, path: string): unknown {
  const { container, key } = locate(root, path);
  return child(container, key);
}

function add(root: { document: unknown }, path: string, value: unknown): void {
  const { container, key } = locate(root, path);
  if (!Array.isArray(container)) {
    container[key] = value;
  } else if (key === '-') {
    container.push(value);
  } else {
    container.splice(indexIn(container.length + 1, key, path), 0, value);
  }
}

function remove(root: { document: unknown }, path: string): unknown {
  const { container, key } = locate(root, path);
  if (Array.isArray(container)) {
    return container.splice(indexIn(container.length, key, path), 1)[0];
  }
  if (!Object.hasOwn(container, key)) {
    throw doesNotFit(`remove operation does not apply: doc is missing path: ${path}: missing value`);
  }
  const value = container[key];
  delete container[key];
  return value;
}

function indexIn(length: number, key: string, path: string): number {
  const index = Number(key);
  if (/^\d+$/.test(key) && index < length) {
    return index;
  }
  throw doesNotFit(`the path ${path} is outside its list`);
}

/** Creates the error for a patch that cannot be applied. kube-apiserver sends no detail; here it helps to find the mistake. */
function doesNotFit(detail: string): ApiError {
  const message = 'the server rejected our request due to an error in our request';
  return new ApiError(`${message}: ${detail}`, { code: 422, reason: 'Invalid' });
}
