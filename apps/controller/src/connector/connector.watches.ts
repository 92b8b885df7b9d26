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
 * Returns the triggers that map changes to Connectors. `isOwnWrite` recognises versions of our own status writes. Only those are skipped:
 * a write of another client may have removed what we wrote.
 */
export function connectorTriggers(watches: ClusterWatches, isOwnWrite: (connector: Connector) => boolean): ReconcileTrigger[] {
  const { connectors, classes, secrets, services, caConfigMap } = watches;
  return [
    onChange(connectors, (change) => (change.type === 'modified' && isOwnWrite(change.object) ? [] : [keyOf(change.object)])),
    onChange(classes, (change) => (isClassChanged(change) ? connectors.byIndex('byClass', change.key).map(keyOf) : [])),
    ...secrets.map((reflector) => onChange(reflector, ({ key }) => connectors.byIndex('bySecret', key).map(keyOf))),
    onChange(services, ({ object }) => connectorOfService(object)),
    // The bundle is part of every Connector's status.
    onChange(caConfigMap, ({ object }) => (object.metadata.name === PROXY_CA_NAME ? connectors.list().map(keyOf) : [])),
  ];
}

function sameSpecification(one: ObjectMeta, other: ObjectMeta): boolean {
  return one.generation === other.generation && one.deletionTimestamp === other.deletionTimestamp;
}

/** Whether the spec or the annotations changed: an annotation sets the form of addresses. */
function isClassChanged(change: StoreChange<ConnectorClass>): boolean {
  if (change.type !== 'modified') {
    return true;
  }
  const { previous, object } = change;
  const annotations = ({ metadata }: KubeObject): string => JSON.stringify(metadata.annotations ?? {});
  return !sameSpecification(previous.metadata, object.metadata) || annotations(previous) !== annotations(object);
}

/** Finds the Connector by the Service's name, which cannot change. A user may have edited or removed the label and the owner. */
function connectorOfService({ metadata }: KubeObject): ObjectKey[] {
  const name = connectorOfServiceName(metadata.name);
  return name ? [{ namespace: metadata.namespace, name }] : [];
}
