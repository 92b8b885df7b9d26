import { badRequest, type StatusSubject } from './api-error';
import { type ObjectName } from './api-object';
import { type Cluster } from './cluster';
import { type ResourceDefinition } from './resource-definition';

/** What happens to fields that the schema does not know (`fieldValidation`). */
export type FieldValidation = 'Ignore' | 'Warn' | 'Strict';

/** A create, update, patch or delete, after authorisation. */
export interface WriteRequest {
  readonly cluster: Cluster;
  readonly definition: ResourceDefinition;
  readonly namespace?: string;
  /** Absent on creation. */
  readonly name?: string;
  readonly subresource?: string;
  readonly fieldValidation: FieldValidation;
  /** Everything is checked, nothing is stored. */
  readonly dryRun: boolean;
  /** Collects what is sent as Warning headers. */
  readonly warnings: string[];
}

/** @throws ApiError 400 for values that Kubernetes does not know */
export function parseWriteOptions(query: URLSearchParams): { fieldValidation: FieldValidation; dryRun: boolean } {
  const validation = query.get('fieldValidation') ?? 'Warn';
  if (validation !== 'Ignore' && validation !== 'Warn' && validation !== 'Strict') {
    throw badRequest(`fieldValidation: Unsupported value: ${JSON.stringify(validation)}`);
  }
  const dryRun = query.get('dryRun');
  if (dryRun !== null && dryRun !== 'All') {
    throw badRequest(`dryRun: Unsupported value: ${JSON.stringify(dryRun)}: supported values: "All"`);
  }
  return { fieldValidation: validation, dryRun: dryRun === 'All' };
}

/** For errors about an object of this request. */
export function subjectOf({ definition: { group, plural } }: WriteRequest, name?: string): StatusSubject {
  return { group, kind: plural, name };
}

/** The key of an object of this request. */
export function nameOf({ namespace }: WriteRequest, name: string): ObjectName {
  return namespace ? { namespace, name } : { name };
}
