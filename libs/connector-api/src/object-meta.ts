import { ValidateBy } from 'class-validator';
import { BuiltIn } from './field-registry';

/** The metadata of a Kubernetes object, as far as it is read or written here (Kubernetes API, `ObjectMeta`). */
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

/** A pointer to the object that owns this one; the garbage collector deletes what has lost its owner. */
export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

/** What all Kubernetes objects have in common. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
}

/** The field `metadata`: an object that has at least a name. The rest is the API server's to check. */
export function Metadata(): PropertyDecorator {
  return BuiltIn(ValidateBy({ name: 'objectMeta', validator: { validate: hasName } }, { message: 'must be an object with a name' }));
}

function hasName(metadata: unknown): boolean {
  return typeof metadata === 'object' && metadata !== null && 'name' in metadata && typeof metadata.name === 'string';
}
