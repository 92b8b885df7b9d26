import {
  ConditionType,
  EventReason,
  Reason,
  isReady,
  type Condition,
  type Connector,
  type ConnectorStatus,
} from '@oci-connector/connector-api';
import { Connectors, formatKey, keyOf, type EventNote, type KubeClient } from '@oci-connector/kube';
import { transitions, type Transition } from '../status/conditions';
import { isStatusChanged } from '../status/status-patch';
import { connectorStatusPatch } from './connector.status';
import { type TransitionEvents } from './transition-events';

/** Receives whether each Connector is Ready. */
export interface ReadinessGauge {
  set(owner: string, ready: boolean): void;
  remove(owner: string): void;
}

export interface ConnectorStatusWriterOptions {
  readonly client: Pick<KubeClient, 'patchStatus'>;
  readonly events: Pick<TransitionEvents, 'record' | 'forget'>;
  readonly gauge: ReadinessGauge;
}

interface Written {
  readonly connector: Connector;
  /** Resource versions that our write replaced, including our earlier writes that the watch may not have delivered yet. */
  readonly older: ReadonlySet<string | undefined>;
}

/** Largest number of own writes that the watch has not delivered. Probes cause a handful; more means that the watch is broken. */
const MAX_OLDER_VERSIONS = 16;

/** Writes the status, once per reconcile and only when it changed, and records Events for the transitions. */
export class ConnectorStatusWriter {
  readonly #written = new Map<string, Written>();

  constructor(private readonly options: ConnectorStatusWriterOptions) {}

  /**
   * Returns the Connector of our last write, while the watch has not delivered a newer one. A probe often ends before the watch delivers
   * our own write; a patch of the older version would be a conflict.
   */
  latest(known: Connector): Connector {
    const written = this.#writtenOf(known);
    return written?.older.has(known.metadata.resourceVersion) ? written.connector : known;
  }

  /** Whether our own write created this version. In any other version, what we wrote may have been removed. */
  isOwnWrite(connector: Connector): boolean {
    const { resourceVersion } = connector.metadata;
    const written = this.#writtenOf(connector);
    return written !== undefined && (written.connector.metadata.resourceVersion === resourceVersion || written.older.has(resourceVersion));
  }

  async write(connector: Connector, next: ConnectorStatus, signal: AbortSignal): Promise<void> {
    const key = keyOf(connector);
    const owner = formatKey(key);
    this.options.gauge.set(owner, isReady({ status: next }));
    if (!isStatusChanged(connector, next)) {
      return;
    }
    const answer = await this.options.client.patchStatus(Connectors, key, connectorStatusPatch(connector, next), { signal });
    this.#remember(owner, connector, answer);
    for (const transition of transitions(connector.status?.conditions, next.conditions ?? [])) {
      this.options.events.record(connector, transition.condition, eventOf(transition));
    }
  }

  forget(owner: string): void {
    this.#written.delete(owner);
    this.options.gauge.remove(owner);
    this.options.events.forget(owner);
  }

  #writtenOf(connector: Connector): Written | undefined {
    const written = this.#written.get(formatKey(keyOf(connector)));
    return written?.connector.metadata.uid === connector.metadata.uid ? written : undefined;
  }

  #remember(owner: string, connector: Connector, answer: Connector): void {
    const before = this.#written.get(owner);
    // The same object means that the watch has not delivered our last write yet, nor perhaps those before it.
    const isChained = before?.connector === connector;
    const older = [connector.metadata.resourceVersion, ...(isChained ? before.older : [])];
    this.#written.set(owner, { connector: answer, older: new Set(older.slice(0, MAX_OLDER_VERSIONS)) });
  }
}

/** Event reasons of the product family, which users look for. The condition's reason `SecretNotFound` would be ambiguous in an Event. */
const CA_EVENTS: Readonly<Partial<Record<string, EventReason>>> = {
  [Reason.SecretNotFound]: EventReason.CACertSecretNotFound,
  [Reason.InvalidPEM]: EventReason.InvalidCACert,
};

/** Returns the Event for a transition: any condition that turns False, and Ready when it turns True. Unknown causes no Event. */
function eventOf({ condition }: Transition): EventNote | undefined {
  const { type, status, reason, message = '' } = condition;
  if (type === ConditionType.Ready) {
    return status === 'True' ? { type: 'Normal', reason: 'Ready', message: 'the Connector is ready to be used' } : undefined;
  }
  if (status !== 'False' || reason === undefined) {
    return undefined;
  }
  if (type === ConditionType.CACertReady) {
    return { type: 'Warning', reason: CA_EVENTS[reason] ?? reason, message };
  }
  return isWorthAWarning(condition) ? { type: 'Warning', reason, message: `${type}: ${message}` } : undefined;
}

function isWorthAWarning({ severity }: Condition): boolean {
  return severity !== 'Info';
}
