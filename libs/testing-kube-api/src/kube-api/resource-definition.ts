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
  /** Has the subresource `status`, so that writes of the object leave the status alone and the reverse. */
  readonly hasStatus: boolean;
  /** Keeps `metadata.generation`. */
  readonly hasGeneration: boolean;
  /** Reviews: answered, never stored. */
  readonly createOnly: boolean;
  /** Subresources that exist besides `status`. */
  readonly subresources: readonly string[];
  /** Whether an update must name the resourceVersion it is based on. */
  readonly versionedUpdates: boolean;
  /** Whether an update of a missing object creates it. */
  readonly createOnUpdate: boolean;
  /** From a CustomResourceDefinition: no strategic merge patch, validation by schema. */
  readonly custom: boolean;
  /** Absent: every field is kept and nothing is checked. */
  readonly schema?: Schema;
  readonly rules?: CelRules;
  readonly printerColumns: readonly PrinterColumn[];
  /** JSON paths, besides the metadata, that field selectors may use. */
  readonly selectableFields: readonly string[];
}

/** How the store names a type, whatever the version: `connectors.alauda.io/connectors`. */
export function storageType({ group, plural }: { group: string; plural: string }): string {
  return `${group}/${plural}`;
}
