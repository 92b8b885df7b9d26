export {
  KubeApiError,
  KubeConfigError,
  KubeError,
  type KubeErrorCode,
  KubeResponseError,
  KubeUnreachableError,
  ReviewUnavailableError,
  type StatusBody,
  type TokenRefusal,
  TokenRefusedError,
} from './kube.errors';
export {
  type ConfigMap,
  type CoreEvent,
  type EndpointSlice,
  type InvolvedObject,
  type Lease,
  type LeaseSpec,
  type Secret,
  type Service,
  type ServicePort,
} from './kube-objects';
export {
  ConfigMaps,
  ConnectorClasses,
  Connectors,
  EndpointSlices,
  Events,
  formatKey,
  keyOf,
  Leases,
  metadataOf,
  type ObjectKey,
  parseKey,
  type PartialObjectMetadata,
  type ResourceType,
  Secrets,
  Services,
} from './resource-type';
export { type ApiCredential, StaticCredential } from './api-credential';
export { type KubeConnection, type KubeTls, type LoadKubeConnectionOptions, loadKubeConnection } from './kube-connection';
export {
  type CallOptions,
  type DeleteOptions,
  KubeClient,
  type KubeClientOptions,
  type KubeList,
  type ListOptions,
  type NewObject,
  type WatchOptions,
  type WriteOptions,
} from './kube-client';
export { type WatchEvent } from './watch-stream';
export { type Indexer, type StoreChange } from './object-store';
export { PolledSecret, type PolledSecretOptions, type SecretData } from './polled-secret';
export { Reflector, type ReflectorOptions, type ReflectorTiming, type WatchFailure } from './reflector';
export {
  type InstallationEndpoint,
  InstallationEndpoints,
  readInstallationEndpoints,
  type InstallationEndpointsOptions,
  type RefusedDestinations,
  type ServiceFailure,
} from './installation-endpoints';
export { type WorkHandler, WorkQueue, type WorkQueueHooks, type WorkQueueOptions } from './work-queue';
export {
  onChange,
  type ReconcileOutcome,
  type Reconciler,
  type ReconcileResult,
  type ReconcileTrigger,
  runReconciler,
  type RunningReconciler,
  type RunReconcilerOptions,
} from './reconciler';
export { type Lead, LeaderElection, type LeaderElectionOptions, type LeaseTiming } from './leader-election';
export { type EventNote, EventRecorder, type EventRecorderOptions } from './event-recorder';
export { decodeTokenUnverified, type UnverifiedToken } from './unverified-token';
export { Reachability } from './reachability';
export { type ReviewOptions, type ReviewOutcome } from './review-cache';
export { type ClientIdentity, TokenReviewer, type TokenReviewerOptions } from './token-reviewer';
export { TokenSignatures, type TokenSignaturesOptions } from './token-signatures';
export { type AccessAttributes, AccessReviewer, type AccessReviewerOptions } from './access-reviewer';
