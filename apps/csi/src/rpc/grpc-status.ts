import { status } from '@grpc/grpc-js';
import { RenderingError } from '@oci-connector/config-rendering';
import { ReviewUnavailableError } from '@oci-connector/kube';
import { visible } from '@oci-connector/sensitive';
import { VolumeError, type VolumeErrorCode } from '../csi.errors';

/** What the caller of an RPC gets. The message becomes an event of the pod. */
export interface RpcStatus {
  readonly code: status;
  readonly message: string;
  /** Stable, for logs and metrics. */
  readonly reason: string;
}

/** Codes as the CSI specification gives them meaning (section "Error Scheme"); the kubelet tries again after each of them. */
export const VOLUME_CODES: Readonly<Record<VolumeErrorCode, status>> = {
  RequestInvalid: status.INVALID_ARGUMENT,
  AttributesInvalid: status.INVALID_ARGUMENT,
  TargetRefused: status.INVALID_ARGUMENT,
  TokenUnusable: status.FAILED_PRECONDITION,
  AccessDenied: status.PERMISSION_DENIED,
  ConnectorNotFound: status.NOT_FOUND,
  ClassNotFound: status.NOT_FOUND,
  NotReady: status.UNAVAILABLE,
  VolumeFull: status.RESOURCE_EXHAUSTED,
  MountFailed: status.INTERNAL,
  NotKept: status.INTERNAL,
  Unmounted: status.FAILED_PRECONDITION,
};

/** Of several errors the first is why a call failed, and the others came on top of it. */
export function errorsOf(error: unknown): readonly unknown[] {
  return error instanceof AggregateError && error.errors.length > 0 ? (error.errors as unknown[]) : [error];
}

/** The kubelet's Events have 1,024 bytes, its log has all. In characters. */
const MAX_MESSAGE = 2_048;

/** The one place where errors become gRPC statuses. */
export function statusOf(given: unknown): RpcStatus {
  const status = statusOfFirst(given);
  return { ...status, message: visible(status.message, MAX_MESSAGE) };
}

function statusOfFirst(given: unknown): RpcStatus {
  const [error] = errorsOf(given);
  if (error instanceof VolumeError) {
    return { code: VOLUME_CODES[error.code], message: error.message, reason: error.code };
  }
  if (error instanceof RenderingError) {
    return { code: error.retryable ? status.UNAVAILABLE : status.FAILED_PRECONDITION, message: error.message, reason: error.code };
  }
  if (error instanceof ReviewUnavailableError) {
    return {
      code: status.UNAVAILABLE,
      message: 'the API server could not be asked whether the ServiceAccount may use the Connector; this is tried again',
      reason: error.code,
    };
  }
  // A defect, or a fault of the node: what it says may hold anything, so the event does not have it.
  return { code: status.INTERNAL, message: "internal error of the CSI driver; its log on the pod's node says more", reason: 'Internal' };
}
