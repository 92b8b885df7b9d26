/** Stable; switch on these, never on messages. `rpc/grpc-status.ts` maps them to gRPC codes. */
export type VolumeErrorCode =
  /** A field of the request that the kubelet fills is missing or wrong. */
  | 'RequestInvalid'
  /** The pod's volume says something that is not understood or not allowed. */
  | 'AttributesInvalid'
  /** The target lies elsewhere than a target may, or is reached through a symbolic link. */
  | 'TargetRefused'
  /** The kubelet sent no token that can be used: the CSIDriver object is not as it should be. */
  | 'TokenUnusable'
  /** The pod's ServiceAccount may not use the Connector; nothing is said about whether it exists. */
  | 'AccessDenied'
  /** Only said to those with permission. */
  | 'ConnectorNotFound'
  | 'ClassNotFound'
  /** The API server has not been reached since the driver started. */
  | 'NotReady'
  | 'VolumeFull'
  | 'MountFailed'
  /** The node's disk took no file of the driver: full, or broken. */
  | 'NotKept'
  /** The mount of a published volume is gone, and it was not the kubelet who asked for that. */
  | 'Unmounted';

/** The one error of this program's own. The message goes to the pod's events: it says what to do and holds no secret. */
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
