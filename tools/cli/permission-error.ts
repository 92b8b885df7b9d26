import { KubeApiError, ReviewUnavailableError } from '@oci-connector/kube';
import { ApplyError } from '../installation/apply-manifests';

/** The user of this command lacks a permission at the API server. */
export class PermissionError extends Error {
  override readonly name = 'PermissionError';
}

/** Returns the error for a call that the API server forbids; undefined for any other error. */
export function asPermissionError(error: unknown): PermissionError | undefined {
  const cause = error instanceof ReviewUnavailableError || error instanceof ApplyError ? error.cause : error;
  if (cause instanceof PermissionError) {
    return cause;
  }
  return cause instanceof KubeApiError && cause.isForbidden
    ? new PermissionError(`you lack a permission: ${cause.statement}`, { cause })
    : undefined;
}
