import { type CelRules } from './cel-rules';
import { type Schema } from './schema';

/** A column of `kubectl get` that a CustomResourceDefinition declares. */
export interface PrinterColumn {
  readonly name: string;
  readonly type: string;
  readonly format?: string;
  readonly description?: string;
  readonly priority?: number;
  readonly jsonPath: string;
}

/** One type of object that the API serves. */
export interface ResourceDefinition {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly listKind: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  /** The type has the subresource `status`: writes of the object do not change the status, and the reverse. */
  readonly hasStatus: boolean;
  /** The type has `metadata.generation`. */
  readonly hasGeneration: boolean;
  /** The type is a review, which is answered but not stored. */
  readonly createOnly: boolean;
  /** Subresources in addition to `status`. */
  readonly subresources: readonly string[];
  /** An update must have the resourceVersion on which it is based. */
  readonly versionedUpdates: boolean;
  /** An update of a missing object creates it. */
  readonly createOnUpdate: boolean;
  /** The type is from a CustomResourceDefinition: no strategic merge patch, validation by schema. */
  readonly custom: boolean;
  /** If absent, every field is kept and nothing is checked. */
  readonly schema?: Schema;
  readonly rules?: CelRules;
  readonly printerColumns: readonly PrinterColumn[];
  /** JSON paths that field selectors may use, in addition to the metadata. */
  readonly selectableFields: readonly string[];
}

/** Returns the name of a type in the store, independent of the version: `connectors.alauda.io/connectors`. */
export function storageType({ group, plural }: { group: string; plural: string }): string {
  return `${group}/${plural}`;
}
