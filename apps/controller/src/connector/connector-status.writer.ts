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

/** Told how each Connector is. */
export interface ReadinessGauge {
  set(owner: string, ready: boolean): void;
  remove(owner: string): void;
}

export interface ConnectorStatusWriterOptions {
  readonly client: Pick<KubeClient, 'patchStatus'>;
  readonly events: Pick<TransitionEvents, 'tell' | 'forget'>;
  readonly gauge: ReadinessGauge;
}

interface Written {
  readonly connector: Connector;
  /** Resource versions on which our write stands, and of our writes before that the watch may still have to show. */
  readonly older: ReadonlySet<string | undefined>;
}

/** Writes in a row that the watch has not shown. One probe each makes a handful; more means that the watch is broken. */
const MAX_OLDER_VERSIONS = 16;

/** Writes status, once per reconcile and only when it changed, and tells of the transitions by Events. */
export class ConnectorStatusWriter {
  readonly #written = new Map<string, Written>();

  constructor(private readonly options: ConnectorStatusWriterOptions) {}

  /**
   * The Connector as we wrote it last, as long as the watch has not shown anything newer: a probe often ends before our own
   * write comes back, and a patch of what the watch still shows would be a conflict.
   */
  latest(known: Connector): Connector {
    const written = this.#writtenOf(known);
    return written?.older.has(known.metadata.resourceVersion) ? written.connector : known;
  }

  /** Whether a write of ours made this version. Any other version may lack what we wrote. */
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
      this.options.events.tell(connector, transition.condition, eventOf(transition));
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
    // Our own object, not the watch's: the watch has not shown that write yet, nor perhaps those before it.
    const isChained = before?.connector === connector;
    const older = [connector.metadata.resourceVersion, ...(isChained ? before.older : [])];
    this.#written.set(owner, { connector: answer, older: new Set(older.slice(0, MAX_OLDER_VERSIONS)) });
  }
}

/** Names under which users of the product family look for these; the condition itself says `SecretNotFound`, which is ambiguous here. */
const CA_EVENTS: Readonly<Partial<Record<string, EventReason>>> = {
  [Reason.SecretNotFound]: EventReason.CACertSecretNotFound,
  [Reason.InvalidPEM]: EventReason.InvalidCACert,
};

/** What is worth an Event: whatever turns False, and Ready when it turns True. Open questions are not news. */
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
