import { type JsonObject } from './json';

/** Points from a dependent to its owner (Kubernetes API, `OwnerReference`). */
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

/** Any Kubernetes object, as it is stored and sent. */
export interface ApiObject extends JsonObject {
  apiVersion: string;
  kind: string;
  metadata: ApiMetadata;
}

/** An object on its way in: of any type, read only. */
export interface ObjectLike {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: object;
}

/** Names one object. `namespace` is absent for objects of the cluster. */
export interface ObjectName {
  readonly namespace?: string;
  readonly name: string;
}

/** Names one object and its kind. */
export interface ObjectAddress extends ObjectName {
  readonly apiVersion: string;
  readonly kind: string;
}

/** `namespace/name`, or `name` for an object of the cluster: how the store orders and finds objects. */
export function storageKey({ namespace, name }: ObjectName): string {
  return namespace ? `${namespace}/${name}` : name;
}

/** `v1` for the core group, `group/version` otherwise. */
export function formatApiVersion({ group, version }: { group: string; version: string }): string {
  return group === '' ? version : `${group}/${version}`;
}

export function parseApiVersion(apiVersion: string): { group: string; version: string } {
  const [first = '', second] = apiVersion.split('/');
  return second === undefined ? { group: '', version: first } : { group: first, version: second };
}
