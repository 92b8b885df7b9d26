import { ConditionType } from '@oci-connector/connector-api';
import {
  ConnectorClasses,
  onChange,
  keyOf,
  type EventNote,
  type EventRecorder,
  type KubeClient,
  type ObjectKey,
  type Reconciler,
  type ReconcileTrigger,
} from '@oci-connector/kube';
import { type ClusterView } from '../cluster/cluster-view';
import { type ClusterWatches } from '../cluster/cluster-watches';
import { type Installation } from '../installation';
import { transitions, type Transition } from '../status/conditions';
import { isStatusChanged, statusPatch } from '../status/status-patch';
import { connectorClassStatus } from './connector-class.status';

export interface ConnectorClassReconcilerOptions {
  readonly client: Pick<KubeClient, 'patchStatus'>;
  readonly view: Pick<ClusterView, 'connectorClass'>;
  readonly installation: Installation;
  readonly events: Pick<EventRecorder, 'record'>;
  readonly now: () => number;
}

/** Reconciles one ConnectorClass: assesses it, and writes to its status whether it can be served. */
export class ConnectorClassReconciler implements Reconciler {
  constructor(private readonly options: ConnectorClassReconcilerOptions) {}

  async reconcile({ name }: ObjectKey, signal: AbortSignal): Promise<void> {
    const { client, view, installation, events, now } = this.options;
    const connectorClass = view.connectorClass(name);
    if (!connectorClass || connectorClass.metadata.deletionTimestamp !== undefined) {
      return;
    }
    const status = connectorClassStatus(connectorClass, installation, now());
    if (!isStatusChanged(connectorClass, status)) {
      return;
    }
    await client.patchStatus(ConnectorClasses, { name }, statusPatch(connectorClass, status), { signal });
    const ready = transitions(connectorClass.status?.conditions, status.conditions ?? []).find(isRefusal);
    if (ready) {
      events.record(connectorClass, warning(ready));
    }
  }
}

/** Whether the class has just become one that is not served. */
function isRefusal({ condition }: Transition): boolean {
  return condition.type === ConditionType.Ready && condition.status === 'False';
}

function warning({ condition }: Transition): EventNote {
  return { type: 'Warning', reason: condition.reason ?? 'NotReady', message: condition.message ?? '' };
}

/** A class's status depends only on the class. A reconcile after our own write changes nothing. */
export function connectorClassTriggers({ classes }: ClusterWatches): ReconcileTrigger[] {
  return [onChange(classes, ({ object }) => [keyOf(object)])];
}
