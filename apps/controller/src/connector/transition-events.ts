import { type Clock, type Timer } from '@oci-connector/clock';
import { type Condition, type Connector, Reason } from '@oci-connector/connector-api';
import { formatKey, keyOf, type EventNote, type EventRecorder } from '@oci-connector/kube';

export interface TransitionEventsOptions {
  readonly events: Pick<EventRecorder, 'record'>;
  readonly clock: Pick<Clock, 'setTimeout'>;
}

/** In milliseconds. In a manifest file the Secret often follows its Connector, so it is created a moment later. */
const GRACE_MS = 1_000;

/** Reasons that report a missing object. */
const MISSING: readonly (string | undefined)[] = [Reason.SecretNotFound, Reason.ConnectorClassNotFound];

/**
 * Records Events of a Connector. Delays a Warning about a missing object by one second, and drops it when the condition has changed by
 * then. The condition itself is written immediately.
 */
export class TransitionEvents {
  /** By owner and type of condition. */
  readonly #held = new Map<string, Map<string, Timer>>();

  constructor(private readonly options: TransitionEventsOptions) {}

  /**
   * Records the Event of a transition.
   *
   * @param note the Event; undefined when the transition causes none
   */
  record(connector: Connector, { type, reason }: Condition, note: EventNote | undefined): void {
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

  /** Drops the delayed Events of a deleted Connector. */
  forget(owner: string): void {
    for (const timer of this.#held.get(owner)?.values() ?? []) {
      timer.cancel();
    }
    this.#held.delete(owner);
  }

  /** Drops all delayed Events: the next term finds the conditions again. */
  stop(): void {
    for (const owner of [...this.#held.keys()]) {
      this.forget(owner);
    }
  }
}
