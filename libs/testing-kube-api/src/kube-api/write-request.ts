import { badRequest, type StatusSubject } from './api-error';
import { type ObjectName } from './api-object';
import { type Cluster } from './cluster';
import { type ResourceDefinition } from './resource-definition';

/** How the server handles unknown fields (`fieldValidation`). */
export type FieldValidation = 'Ignore' | 'Warn' | 'Strict';

/** An authorised create, update, patch or delete request. */
export interface WriteRequest {
  readonly cluster: Cluster;
  readonly definition: ResourceDefinition;
  readonly namespace?: string;
  /** Absent on creation. */
  readonly name?: string;
  readonly subresource?: string;
  readonly fieldValidation: FieldValidation;
  /** Validate the request, but store nothing. */
  readonly dryRun: boolean;
  /** Collects the texts of Warning headers. */
  readonly warnings: string[];
}

/**
 * Parses the options in the query.
 *
 * @throws ApiError 400 when Kubernetes does not support a value
 */
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

/** Returns the subject for errors about an object of this request. */
export function subjectOf({ definition: { group, plural } }: WriteRequest, name?: string): StatusSubject {
  return { group, kind: plural, name };
}

/** Returns the key of an object of this request. */
export function nameOf({ namespace }: WriteRequest, name: string): ObjectName {
  return namespace ? { namespace, name } : { name };
}
