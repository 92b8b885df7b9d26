import { status } from '@grpc/grpc-js';
import { RenderingError } from '@oci-connector/config-rendering';
import { ReviewUnavailableError } from '@oci-connector/kube';
import { visible } from '@oci-connector/sensitive';
import { VolumeError, type VolumeErrorCode } from '../csi.errors';

/** The status that the caller of an RPC receives. The message becomes an event of the pod. */
export interface RpcStatus {
  readonly code: status;
  readonly message: string;
  /** Stable, for logs and metrics. */
  readonly reason: string;
}

/** Codes with the meaning of the CSI specification (section "Error Scheme"). The kubelet tries again after each of them. */
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

/** Returns all errors in an error. The first is why a call failed; the others occurred afterwards. */
export function errorsOf(error: unknown): readonly unknown[] {
  return error instanceof AggregateError && error.errors.length > 0 ? (error.errors as unknown[]) : [error];
}

/** In characters. The kubelet's Events are cut at 1,024 bytes; its log has the whole message. */
const MAX_MESSAGE = 2_048;

/** Maps an error to a gRPC status. This is the only place that does. */
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
      message: 'the API server did not answer whether the ServiceAccount may use the Connector; the kubelet tries again',
      reason: error.code,
    };
  }
  // A defect, or a fault of the node. The error's message may contain anything, so the event does not repeat it.
  return { code: status.INTERNAL, message: "internal error of the CSI driver; see its log on the pod's node", reason: 'Internal' };
}
