import { type Connector, type ConnectorClass, type KubeObject, type ObjectMeta, PROXY_CA_NAME } from '@oci-connector/connector-api';
import { keyOf, onChange, type ObjectKey, type ReconcileTrigger, type StoreChange } from '@oci-connector/kube';
import { CONNECTOR_LABEL, type ClusterWatches } from '../cluster/cluster-watches';

/** Which change concerns which Connectors. */
export function connectorTriggers(watches: ClusterWatches): ReconcileTrigger[] {
  const { connectors, classes, secrets, services, caConfigMap } = watches;
  return [
    onChange(connectors, (change) => (isOwnStatusWrite(change) ? [] : [keyOf(change.object)])),
    onChange(classes, (change) => (isClassChanged(change) ? connectors.byIndex('byClass', change.key).map(keyOf) : [])),
    ...secrets.map((reflector) => onChange(reflector, ({ key }) => connectors.byIndex('bySecret', key).map(keyOf))),
    onChange(services, ({ object }) => connectorOfService(object)),
    // The bundle is part of every status; without one, or with a new one, all change.
    onChange(caConfigMap, ({ object }) => (object.metadata.name === PROXY_CA_NAME ? connectors.list().map(keyOf) : [])),
  ];
}

/** A change that left the specification alone is a status write, nearly always our own. */
function isOwnStatusWrite(change: StoreChange<Connector>): boolean {
  if (change.type !== 'modified') return false;
  const { previous, object } = change;
  return sameSpecification(previous.metadata, object.metadata);
}

function sameSpecification(one: ObjectMeta, other: ObjectMeta): boolean {
  return one.generation === other.generation && one.deletionTimestamp === other.deletionTimestamp;
}

/** Annotations count for a class: one of them says how its addresses look. */
function isClassChanged(change: StoreChange<ConnectorClass>): boolean {
  if (change.type !== 'modified') return true;
  const { previous, object } = change;
  const annotations = ({ metadata }: KubeObject): string => JSON.stringify(metadata.annotations ?? {});
  return !sameSpecification(previous.metadata, object.metadata) || annotations(previous) !== annotations(object);
}

function connectorOfService({ metadata }: KubeObject): ObjectKey[] {
  const name = metadata.labels?.[CONNECTOR_LABEL];
  return name ? [{ namespace: metadata.namespace, name }] : [];
}
