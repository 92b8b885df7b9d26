import { type KubeObject } from '@oci-connector/connector-api';
import { apiVersionOf, type ObjectKey, type ResourceType } from './resource-type';

/** Returns the path of the objects of a type, in one namespace or in all. */
export function collectionPath(type: ResourceType, namespace?: string): string {
  const root = type.group === '' ? `/api/${type.version}` : `/apis/${type.group}/${type.version}`;
  return type.namespaced && namespace !== undefined ? `${root}/namespaces/${segment(namespace)}/${type.plural}` : `${root}/${type.plural}`;
}

/** Returns the path of one object, or of one of its subresources. */
export function objectPath(type: ResourceType, key: ObjectKey, subresource?: string): string {
  if (type.namespaced && key.namespace === undefined) {
    throw new TypeError(`${type.kind} "${key.name}" needs a namespace`);
  }
  const path = `${collectionPath(type, key.namespace)}/${segment(key.name)}`;
  return subresource === undefined ? path : `${path}/${segment(subresource)}`;
}

/**
 * Encodes a path segment. A name from outside must not change the path: a slash is encoded, and dots that a server may resolve are
 * refused, as the API server itself refuses them as names.
 */
function segment(value: string): string {
  if (value === '' || value === '.' || value === '..') {
    throw new TypeError(`"${value}" is not a name of a Kubernetes object`);
  }
  return encodeURIComponent(value);
}

/** Returns the content type to request (Kubernetes API concepts, "Metadata-only fetches"). */
export function acceptOf(type: ResourceType, what: 'one' | 'list'): string {
  if (type.metadataOnly !== true) {
    return 'application/json';
  }
  const kind = what === 'list' ? 'PartialObjectMetadataList' : 'PartialObjectMetadata';
  return `application/json;as=${kind};g=meta.k8s.io;v=v1`;
}

/**
 * Adds `apiVersion` and `kind`, which the API server omits from the items of a list. For a type that is read as metadata only, all other
 * fields are dropped.
 */
export function fillType<T extends KubeObject>(type: ResourceType<T>, object: object): T {
  const { apiVersion = apiVersionOf(type), kind = type.kind } = object as Partial<KubeObject>;
  if (type.metadataOnly === true) {
    return { apiVersion, kind, metadata: (object as KubeObject).metadata } as T;
  }
  return { ...object, apiVersion, kind } as T;
}
