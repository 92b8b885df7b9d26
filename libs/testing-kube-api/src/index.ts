export { type ApiObject, type ObjectAddress, type ObjectLike } from './kube-api/api-object';
export { type FaultHooks, type InjectedFailure } from './kube-api/fault-hooks';
export { type KubeApiOptions, type StaticUser } from './kube-api/kube-api-options';
export { type KubeApiServer, type KubeconfigUser, type ServiceAccountTokenOptions } from './kube-api/kube-api-server';
export { type LoggedRequest, type RequestFilter, type RequestLog } from './kube-api/request-log';
export { KINDS_OF_PODS, readInstallManifest } from './install-manifest';
export { startKubeApi } from './kube-api/start-kube-api';
export { type AdminCredential, type KubeContractAbilities, type KubeContractTarget } from './contract/contract-target';
export { describeKubeContract } from './contract/kube-contract';
