import { type Clock, type Timer } from '@oci-connector/clock';
import { type Condition, type Connector, Reason } from '@oci-connector/connector-api';
import { formatKey, keyOf, type EventNote, type EventRecorder } from '@oci-connector/kube';

export interface TransitionEventsOptions {
  readonly events: Pick<EventRecorder, 'record'>;
  readonly clock: Pick<Clock, 'setTimeout'>;
}

/** In a file the Secret often stands behind its Connector, and is applied a moment later. In milliseconds. */
const GRACE_MS = 1_000;

/** What something that does not exist yet is reported as. */
const MISSING: readonly (string | undefined)[] = [Reason.SecretNotFound, Reason.ConnectorClassNotFound];

/**
 * Records Events of a Connector. A Warning about something that does not exist waits for a second, and is dropped when the condition
 * has changed by then: the condition itself is written at once.
 */
export class TransitionEvents {
  /** By owner and type of condition. */
  readonly #held = new Map<string, Map<string, Timer>>();

  constructor(private readonly options: TransitionEventsOptions) {}

  /** @param note what the transition to this condition is worth, where it is worth an Event */
  tell(connector: Connector, { type, reason }: Condition, note: EventNote | undefined): void {
    const owner = formatKey(keyOf(connector));
    this.#held.get(owner)?.get(type)?.cancel();
    this.#held.get(owner)?.delete(type);
    if (!note) {
      return;
    }
    if (!MISSING.includes(reason)) {
      return this.options.events.record(connector, note);
    }
    const ofOwner = this.#held.get(owner) ?? new Map<string, Timer>();
    const record = (): void => {
      ofOwner.delete(type);
      this.options.events.record(connector, note);
    };
    this.#held.set(owner, ofOwner.set(type, this.options.clock.setTimeout(record, GRACE_MS)));
  }

  /** Drops what waits for a Connector that is gone. */
  forget(owner: string): void {
    for (const timer of this.#held.get(owner)?.values() ?? []) {
      timer.cancel();
    }
    this.#held.delete(owner);
  }

  /** Drops what waits: the next term finds it out again. */
  stop(): void {
    for (const owner of [...this.#held.keys()]) {
      this.forget(owner);
    }
  }
}
