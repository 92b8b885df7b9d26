/** Stable codes. Callers compare these, never messages. `rpc/grpc-status.ts` maps them to gRPC codes. */
export type VolumeErrorCode =
  /** A field of the request that the kubelet fills is missing or wrong. */
  | 'RequestInvalid'
  /** An attribute of the pod's volume is unknown, malformed or not allowed. */
  | 'AttributesInvalid'
  /** The target is outside the kubelet's directory, is reached through a symbolic link, or is a mount of another program. */
  | 'TargetRefused'
  /** The kubelet sent no usable token: the CSIDriver object is not the shipped one. */
  | 'TokenUnusable'
  /** The pod's ServiceAccount may not use the Connector. Does not reveal whether the Connector exists. */
  | 'AccessDenied'
  /** Only reported to a ServiceAccount with permission. */
  | 'ConnectorNotFound'
  | 'ClassNotFound'
  /** The API server has not been reached since the driver started. */
  | 'NotReady'
  | 'VolumeFull'
  | 'MountFailed'
  /** The driver could not write its file on the node's disk: the disk is full or broken. */
  | 'NotKept'
  /** A published volume was unmounted, but not by a request of the kubelet. */
  | 'Unmounted';

/** The only error class of this program. The message appears in the pod's events: it says what to do and contains no secret. */
export class VolumeError extends Error {
  override readonly name = 'VolumeError';

  constructor(
    readonly code: VolumeErrorCode,
    message: string,
    options: { readonly cause?: unknown } = {},
  ) {
    super(message, options);
  }
}
