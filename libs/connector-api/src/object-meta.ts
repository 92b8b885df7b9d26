import { ValidateBy } from 'class-validator';
import { BuiltIn } from './field-registry';

/** The fields of a Kubernetes object's metadata that are read or written here (Kubernetes API, `ObjectMeta`). */
export interface ObjectMeta {
  name: string;
  namespace?: string;
  generateName?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  /** RFC 3339. */
  creationTimestamp?: string;
  /** RFC 3339; set while the object waits for its finalizers. */
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerReference[];
  finalizers?: string[];
  managedFields?: unknown[];
}

/** A reference to the object that owns this one. The garbage collector deletes objects whose owner no longer exists. */
export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

/** The common fields of all Kubernetes objects. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
}

/** Declares the field `metadata`: an object with at least a name. The API server checks the rest. */
export function Metadata(): PropertyDecorator {
  return BuiltIn(ValidateBy({ name: 'objectMeta', validator: { validate: hasName } }, { message: 'must be an object with a name' }));
}

function hasName(metadata: unknown): boolean {
  return typeof metadata === 'object' && metadata !== null && 'name' in metadata && typeof metadata.name === 'string';
}
