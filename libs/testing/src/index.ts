export { type ApiObject, type ObjectAddress, type ObjectLike } from './kube-api/api-object';
export { type FaultHooks, type InjectedFailure } from './kube-api/fault-hooks';
export { type KubeApiOptions, type StaticUser } from './kube-api/kube-api-options';
export { type KubeApiServer, type KubeconfigUser, type ServiceAccountTokenOptions } from './kube-api/kube-api-server';
export { type LoggedRequest, type RequestFilter, type RequestLog } from './kube-api/request-log';
export { startKubeApi } from './kube-api/start-kube-api';
export { type AdminCredential, type KubeContractAbilities, type KubeContractTarget } from './contract/contract-target';
export { describeKubeContract } from './contract/kube-contract';
export { type IssuedCertificate, type IssueOptions, TestCertificateAuthority } from './certificates/test-certificate-authority';
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
export { aConnectorClass, type ConnectorClassOptions } from './builders/connector-class.builder';
export { aConnector, type ConnectorOptions } from './builders/connector.builder';
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
export { aSecret, type BuiltSecret, type SecretOptions } from './builders/secret.builder';
export { readTable, type TableRow } from './documents/read-table';
export { yamlBlocks } from './documents/yaml-blocks';
export { collidingLabels } from './metrics/target-labels';
export { type ImageAddress, pullImage, pushImage } from './client/push-image';
export { RegistryClient, type RegistryTarget } from './client/registry-client';
export { type ReceivedResponse, sendRequest, type SendOptions } from './client/send-request';
export { FixtureNameServer, type NameFault, type NameRecords } from './dns/fixture-name-server';
export { ManualClock } from './clock/manual-clock';
