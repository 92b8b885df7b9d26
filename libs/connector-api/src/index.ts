export * from './api-group';
export * from './names';
export { type KubeObject, type ObjectMeta, type OwnerReference } from './object-meta';
export * from './reasons';
export * from './condition';
export * from './addressable';
export * from './object-reference';
export { AddressExtension, NamedValue } from './named-value';
export * from './param-spec';
export * from './probe';
export { AuthProbe, AuthType } from './auth-type';
export * from './destination';
export * from './connector';
export * from './connector-class';
export { type Protocol, PROTOCOLS, PROTOCOL_NAMES } from './protocols';
export { type ConnectorClassApi } from './class-api';
export { ClassConfiguration, PROXY_CONFIGURATION } from './class-configuration';
export { ConnectorClassHttp } from './class-http';
export * from './class-status';
export {
  bindingCommand,
  type ConnectorRole,
  type ConnectorUse,
  connectorUse,
  PROXY_VERBS,
  type ProxyVerb,
  ROLE_FOR_VERB,
  USE_OF_VERB,
  VERB_OF_USE,
} from './connector-access';
export * from './connector-auth';
export * from './installation-names';
export * from './installation-secrets';
export { DOCKER_HUB_NAMES, isDockerHubName } from './docker-hub';
export { canPrefixRepositories, isRepositoryName, REPOSITORY_NAME_MAX, repositoryPrefix, upstreamRepository } from './repository-name';
export { AddressError, parseUpstreamAddress, type UpstreamAddress } from './upstream-address';
export { meantOrigin } from './own-scheme';
export { type FieldProblem, formatProblem } from './field-problem';
export { validateConnector, validateConnectorClass } from './validate';
export { validateConnectorAgainstClass } from './validate-against-class';
export { CUSTOM_RESOURCES, type CustomResource, type PrinterColumn, RESOURCE_CATEGORY } from './custom-resources';
export { type JsonSchema, type ValidationRule } from './json-schema';
export { schemaOf } from './schema-of';
export { type ApiChanges, type ApiSnapshot, apiSnapshot, compareApi, type FieldSnapshot } from './api-snapshot';
