import { isDeepStrictEqual } from 'node:util';
import {
  API_GROUP_VERSION,
  connectorServiceName,
  type Connector,
  type InstallationNames,
  type OwnerReference,
  proxyHostNames,
  proxyServiceHost,
} from '@oci-connector/connector-api';
import { type Service, type ServicePort } from '@oci-connector/kube';

/** Label of every Service that the controller creates: the Connector that it belongs to. The controller's watch selects Services by it. */
export const CONNECTOR_LABEL = 'connectors.alauda.io/connector';

const MANAGED_BY_LABEL = 'app.kubernetes.io/managed-by';
const MANAGED_BY = 'oci-connector';

/** Informative only: ExternalName is DNS, so the client's port reaches the proxy unchanged. */
const PORTS: readonly ServicePort[] = [
  { name: 'http', port: 80, protocol: 'TCP' },
  { name: 'https', port: 443, protocol: 'TCP' },
];

/** Returns the desired Service `c-NAME`. */
export function desiredService(connector: Connector, installation: InstallationNames): Service {
  const { name, namespace } = connector.metadata;
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: connectorServiceName(name),
      namespace,
      labels: { [MANAGED_BY_LABEL]: MANAGED_BY, [CONNECTOR_LABEL]: name },
      ownerReferences: [ownerReference(connector)],
    },
    spec: { type: 'ExternalName', externalName: proxyServiceHost(installation), ports: PORTS },
  };
}

/** Has no `blockOwnerDeletion`, which requires the permission to update the Connector's finalizers. */
function ownerReference({ metadata }: Connector): OwnerReference {
  return { apiVersion: API_GROUP_VERSION, kind: 'Connector', name: metadata.name, uid: metadata.uid ?? '', controller: true };
}

/** Whether the controller may change a Service of this name: it has our label, a Connector owns it, or it leads to our proxy. */
export function isOurs(service: Service, installation: InstallationNames): boolean {
  if (foreignController(service)) {
    return false;
  }
  const { labels, ownerReferences = [] } = service.metadata;
  if (ownerReferences.some(isConnector)) {
    return true;
  }
  // The Connector label is not compared: the Service is identified by its name, and a user may have changed the label.
  if (labels?.[MANAGED_BY_LABEL] === MANAGED_BY) {
    return true;
  }
  return service.spec?.type === 'ExternalName' && proxyHostNames(installation).includes(service.spec.externalName ?? '');
}

/** Returns the controlling owner if it is not a Connector: it would undo our changes. A Connector with another UID was created again. */
function foreignController({ metadata }: Service): OwnerReference | undefined {
  return metadata.ownerReferences?.find((owner) => owner.controller === true && !isConnector(owner));
}

function isConnector({ kind, apiVersion }: OwnerReference): boolean {
  return kind === 'Connector' && apiVersion.split('/')[0] === API_GROUP_VERSION.split('/')[0];
}

/** Whether the Service has every desired field. */
export function isUpToDate(service: Service, desired: Service): boolean {
  return isDeepStrictEqual(essentials(service, desired), essentials(desired, desired));
}

/** Returns the fields that the controller sets, without those that the API server or other clients add. */
function essentials({ metadata, spec = {} }: Service, desired: Service): unknown {
  const labels = Object.keys(desired.metadata.labels ?? {}).map((name) => metadata.labels?.[name]);
  const owners = (metadata.ownerReferences ?? [])
    .filter(isConnector)
    .map(({ apiVersion, uid, name, controller }) => [apiVersion, uid, name, controller]);
  const ports = (spec.ports ?? []).map(({ name, port, protocol = 'TCP' }) => [name, port, protocol]);
  return { type: spec.type, externalName: spec.externalName, ports, labels, owners };
}

/** Returns the corrected Service. Keeps foreign labels and annotations; drops the fields of another Service type. */
export function repaired(service: Service, desired: Service): Service {
  const { metadata } = service;
  return {
    ...desired,
    metadata: {
      ...metadata,
      labels: { ...metadata.labels, ...desired.metadata.labels },
      ownerReferences: [
        ...(metadata.ownerReferences ?? []).filter((owner) => !isConnector(owner)),
        ...(desired.metadata.ownerReferences ?? []),
      ],
    },
  };
}

/** Returns the message about a Service that the controller may not change. */
export function describeForeign(service: Service): string {
  const owner = foreignController(service);
  const whose = owner ? `controlled by ${owner.kind} "${owner.name}"` : 'not made by this controller';
  return `Service "${service.metadata.name}" exists and is ${whose} (type ${service.spec?.type ?? 'ClusterIP'}); delete or rename it, or give the Connector another name`;
}
