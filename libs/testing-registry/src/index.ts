export {
  aBlob,
  aHelmChart,
  anArtifact,
  anImage,
  anImageIndex,
  type BuiltContent,
  type BuiltImage,
  type ImageOptions,
} from './builders/image.builder';
export { type ImageAddress, pullImage, pushImage } from './client/push-image';
export { RegistryClient, type RegistryTarget } from './client/registry-client';
export { type Fault, type FaultEffect, FaultHandle, type FaultMatch, FaultPlan } from './registry/faults';
export { FixtureRegistry, startFixtureRegistry } from './registry/fixture-registry';
export {
  type AnonymousAuth,
  type BasicAuth,
  type FixtureAccount,
  type FixtureAction,
  type FixtureAuth,
  type FixtureGrants,
  type FixtureRegistryOptions,
  type FixtureTls,
  type TokenAuth,
  type TokenFormat,
} from './registry/fixture-registry-options';
export { type ListLink, type ListPlace, type ListQuirks } from './registry/list-redirects';
export { type BlobRedirect, harborQuirks, quayQuirks, type RegistryQuirks, type TokenAnswer } from './registry/quirks';
export { type FixtureServer, type RecordedRequest } from './registry/request-log';
export { type OpenUpload } from './registry/uploads';
