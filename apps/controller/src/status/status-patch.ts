import { isDeepStrictEqual } from 'node:util';
import { type Condition, type KubeObject } from '@oci-connector/connector-api';

/** What the controller writes of a status. */
export interface WrittenStatus {
  readonly observedGeneration?: number;
  readonly conditions?: readonly Condition[];
  readonly proxy?: object;
}

/** Whether the status has to be written. */
export function isStatusChanged({ status = {} }: { readonly status?: object }, next: WrittenStatus): boolean {
  return !isDeepStrictEqual(withoutUndefined(status), withoutUndefined(next));
}

function withoutUndefined(value: object): unknown {
  return JSON.parse(JSON.stringify(value));
}

/**
 * The merge patch (RFC 7386) that makes the status: what is gone has to be null. With the resource version, so that nothing
 * found for an older object is written onto a newer one.
 */
export function statusPatch({ metadata }: KubeObject, { observedGeneration, conditions, proxy }: WrittenStatus): object {
  return { metadata: { resourceVersion: metadata.resourceVersion }, status: { observedGeneration, conditions, proxy: proxy ?? null } };
}
