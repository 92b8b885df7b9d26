import {
  API_GROUP,
  API_VERSION,
  type Connector,
  type ConnectorClass,
  type KubeObject,
  type ObjectMeta,
} from '@oci-connector/connector-api';
import { type ConfigMap, type CoreEvent, type EndpointSlice, type Lease, type Secret, type Service } from './kube-objects';

/** The name of one object of a type. `namespace` is absent for cluster-scoped types. */
export interface ObjectKey {
  readonly namespace?: string;
  readonly name: string;
}

/** How a type of object is addressed at the API server. */
export interface ResourceType<T extends KubeObject = KubeObject> {
  /** API group; empty for the core group. */
  readonly group: string;
  readonly version: string;
  /** The resource name as in URLs and in RBAC. */
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** Asks for `PartialObjectMetadata` instead of whole objects, see {@link metadataOf}. */
  readonly metadataOnly?: boolean;
  /** Carries `T`; never present. */
  readonly object?: T;
}

/** An object in a response when only metadata was requested (group `meta.k8s.io`). */
export interface PartialObjectMetadata extends KubeObject {
  readonly metadata: ObjectMeta;
}

/** Returns the same type, read as metadata only: the rest of the objects, such as the data of a Secret, never enters this process. */
export function metadataOf(type: ResourceType): ResourceType<PartialObjectMetadata> {
  return { ...type, object: undefined, metadataOnly: true };
}

/** Returns `namespace/name`, or `name` for a cluster-scoped object. */
export function formatKey(key: ObjectKey): string {
  return key.namespace === undefined || key.namespace === '' ? key.name : `${key.namespace}/${key.name}`;
}

/** The reverse of {@link formatKey}. */
export function parseKey(key: string): ObjectKey {
  const slash = key.indexOf('/');
  return slash < 0 ? { name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

/** Returns the key of an object from the API server. */
export function keyOf(object: KubeObject): ObjectKey {
  const { namespace, name } = object.metadata;
  return namespace === undefined ? { name } : { namespace, name };
}

/** Returns `v1` for the core group, `group/version` otherwise. */
export function apiVersionOf(type: ResourceType): string {
  return type.group === '' ? type.version : `${type.group}/${type.version}`;
}

function core<T extends KubeObject>(plural: string, kind: string): ResourceType<T> {
  return { group: '', version: 'v1', plural, kind, namespaced: true };
}

export const Secrets: ResourceType<Secret> = core('secrets', 'Secret');
export const ConfigMaps: ResourceType<ConfigMap> = core('configmaps', 'ConfigMap');
export const Services: ResourceType<Service> = core('services', 'Service');
export const Events: ResourceType<CoreEvent> = core('events', 'Event');

export const Leases: ResourceType<Lease> = {
  group: 'coordination.k8s.io',
  version: 'v1',
  plural: 'leases',
  kind: 'Lease',
  namespaced: true,
};

export const EndpointSlices: ResourceType<EndpointSlice> = {
  group: 'discovery.k8s.io',
  version: 'v1',
  plural: 'endpointslices',
  kind: 'EndpointSlice',
  namespaced: true,
};

export const Connectors: ResourceType<Connector> = {
  group: API_GROUP,
  version: API_VERSION,
  plural: 'connectors',
  kind: 'Connector',
  namespaced: true,
};

export const ConnectorClasses: ResourceType<ConnectorClass> = {
  group: API_GROUP,
  version: API_VERSION,
  plural: 'connectorclasses',
  kind: 'ConnectorClass',
  namespaced: false,
};
