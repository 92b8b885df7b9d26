import {
  type Connector,
  type ConnectorClass,
  type KubeObject,
  type ObjectMeta,
  PROXY_CA_NAME,
  connectorOfServiceName,
} from '@oci-connector/connector-api';
import { keyOf, onChange, type ObjectKey, type ReconcileTrigger, type StoreChange } from '@oci-connector/kube';
import { type ClusterWatches } from '../cluster/cluster-watches';

/**
 * Which change concerns which Connectors. `isOwnWrite` tells the versions that our own status writes made: nobody else's write
 * is passed over, because it may have wiped what we wrote.
 */
export function connectorTriggers(watches: ClusterWatches, isOwnWrite: (connector: Connector) => boolean): ReconcileTrigger[] {
  const { connectors, classes, secrets, services, caConfigMap } = watches;
  return [
    onChange(connectors, (change) => (change.type === 'modified' && isOwnWrite(change.object) ? [] : [keyOf(change.object)])),
    onChange(classes, (change) => (isClassChanged(change) ? connectors.byIndex('byClass', change.key).map(keyOf) : [])),
    ...secrets.map((reflector) => onChange(reflector, ({ key }) => connectors.byIndex('bySecret', key).map(keyOf))),
    onChange(services, ({ object }) => connectorOfService(object)),
    // The bundle is part of every status; without one, or with a new one, all change.
    onChange(caConfigMap, ({ object }) => (object.metadata.name === PROXY_CA_NAME ? connectors.list().map(keyOf) : [])),
  ];
}

function sameSpecification(one: ObjectMeta, other: ObjectMeta): boolean {
  return one.generation === other.generation && one.deletionTimestamp === other.deletionTimestamp;
}

/** Annotations count for a class: one of them says how its addresses look. */
function isClassChanged(change: StoreChange<ConnectorClass>): boolean {
  if (change.type !== 'modified') {
    return true;
  }
  const { previous, object } = change;
  const annotations = ({ metadata }: KubeObject): string => JSON.stringify(metadata.annotations ?? {});
  return !sameSpecification(previous.metadata, object.metadata) || annotations(previous) !== annotations(object);
}

/** By its name, which nobody can change. Label and owner are what somebody may have edited or taken away. */
function connectorOfService({ metadata }: KubeObject): ObjectKey[] {
  const name = connectorOfServiceName(metadata.name);
  return name ? [{ namespace: metadata.namespace, name }] : [];
}
