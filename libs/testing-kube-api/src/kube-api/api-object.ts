import { type JsonObject } from './json';

/** A reference from a dependent to its owner (Kubernetes API, `OwnerReference`). */
export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

/** The metadata that the API server itself reads or writes (Kubernetes API, `ObjectMeta`). */
export interface ApiMetadata {
  name: string;
  namespace?: string;
  generateName?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerReference[];
  finalizers?: string[];
}

/** A Kubernetes object as it is stored and sent. */
export interface ApiObject extends JsonObject {
  apiVersion: string;
  kind: string;
  metadata: ApiMetadata;
}

/** An object that a caller passes: of any type, read-only. */
export interface ObjectLike {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: object;
}

/** The name of an object. `namespace` is absent for cluster-scoped objects. */
export interface ObjectName {
  readonly namespace?: string;
  readonly name: string;
}

/** The name and kind of an object. */
export interface ObjectAddress extends ObjectName {
  readonly apiVersion: string;
  readonly kind: string;
}

/** Returns the key by which the store orders and finds objects: `namespace/name`, or `name` for a cluster-scoped object. */
export function storageKey({ namespace, name }: ObjectName): string {
  return namespace ? `${namespace}/${name}` : name;
}

/** Returns `v1` for the core group, `group/version` otherwise. */
export function formatApiVersion({ group, version }: { group: string; version: string }): string {
  return group === '' ? version : `${group}/${version}`;
}

export function parseApiVersion(apiVersion: string): { group: string; version: string } {
  const [first = '', second] = apiVersion.split('/');
  return second === undefined ? { group: '', version: first } : { group: first, version: second };
}
