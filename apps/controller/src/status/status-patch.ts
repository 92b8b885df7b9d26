import { isDeepStrictEqual } from 'node:util';
import { type Condition, type KubeObject } from '@oci-connector/connector-api';

/** The fields of a status that the controller writes. */
export interface WrittenStatus {
  readonly observedGeneration?: number;
  readonly conditions?: readonly Condition[];
  readonly proxy?: object;
}

/** Whether the status must be written. */
export function isStatusChanged({ status = {} }: { readonly status?: object }, next: WrittenStatus): boolean {
  return !isDeepStrictEqual(withoutUndefined(status), withoutUndefined(next));
}

function withoutUndefined(value: object): unknown {
  return JSON.parse(JSON.stringify(value));
}

/**
 * Returns the merge patch (RFC 7386) that leads to the status. A removed field must be null. The patch has the resource version, so that a
 * status of an older object is never written to a newer one.
 */
export function statusPatch({ metadata }: KubeObject, { observedGeneration, conditions, proxy }: WrittenStatus): object {
  return { metadata: { resourceVersion: metadata.resourceVersion }, status: { observedGeneration, conditions, proxy: proxy ?? null } };
}
