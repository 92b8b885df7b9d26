import { ConditionType, EventReason, Reason, isReady, type Condition, type Connector, type ConnectorStatus } from '@oci-connector/connector-api';
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
  /** Resource version that the watch showed when we wrote. */
  readonly basedOn: string | undefined;
  readonly connector: Connector;
}

/** Writes status, once per reconcile and only when it changed, and tells of the transitions by Events. */
export class ConnectorStatusWriter {
  readonly #written = new Map<string, Written>();

  constructor(private readonly options: ConnectorStatusWriterOptions) {}

  /**
   * The Connector as we wrote it last, as long as the watch has not shown anything newer: a probe often ends before our own
   * write comes back, and a patch of what the watch still shows would be a conflict.
   */
  latest(known: Connector): Connector {
    const written = this.#written.get(formatKey(keyOf(known)));
    const isNewer = written && written.basedOn === known.metadata.resourceVersion && written.connector.metadata.uid === known.metadata.uid;
    return isNewer ? written.connector : known;
  }

  async write(connector: Connector, next: ConnectorStatus, signal: AbortSignal): Promise<void> {
    const key = keyOf(connector);
    const owner = formatKey(key);
    this.options.gauge.set(owner, isReady({ status: next }));
    if (!isStatusChanged(connector, next)) return;
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

  #remember(owner: string, connector: Connector, answer: Connector): void {
    const before = this.#written.get(owner);
    // Several writes in a row, none of which the watch has shown yet, all stand on the same version of it.
    const isChained = before?.connector.metadata.resourceVersion === connector.metadata.resourceVersion;
    this.#written.set(owner, { basedOn: isChained ? before?.basedOn : connector.metadata.resourceVersion, connector: answer });
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
  if (type === ConditionType.Ready) return status === 'True' ? { type: 'Normal', reason: 'Ready', message: 'the Connector is ready to be used' } : undefined;
  if (status !== 'False' || reason === undefined) return undefined;
  if (type === ConditionType.CACertReady) return { type: 'Warning', reason: CA_EVENTS[reason] ?? reason, message };
  return isWorthAWarning(condition) ? { type: 'Warning', reason, message: `${type}: ${message}` } : undefined;
}

function isWorthAWarning({ severity }: Condition): boolean {
  return severity !== 'Info';
}
