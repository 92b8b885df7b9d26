import { ConditionType, type Condition } from '@oci-connector/connector-api';
import { type ConditionOutcome, readyOutcome } from '@oci-connector/diagnosis';
import { visible } from '@oci-connector/sensitive';

/** The object and time that the conditions are computed for. */
export interface ConditionContext {
  /** `metadata.generation` of the object. */
  readonly generation: number | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Limit of the schema, in characters. */
const MAX_MESSAGE_LENGTH = 2048;

/**
 * Returns the new conditions of an object, Ready first. Ready has the status and reason of the first outcome that is False or else Unknown
 * (Knative's living condition set), unless an outcome is Ready itself. `outcomes` are in order of importance. `lastTransitionTime` changes
 * only with the status. Conditions of other types belong to other controllers and stay.
 */
export function nextConditions(
  previous: readonly Condition[] | undefined,
  outcomes: readonly ConditionOutcome[],
  context: ConditionContext,
): Condition[] {
  const before = new Map((previous ?? []).map((condition) => [condition.type, condition]));
  const settled = outcomes.map((outcome) => settle(outcome, before.get(outcome.type), context));
  const all = settled.some(({ type }) => type === ConditionType.Ready) ? settled : [readyOutcome(settled), ...settled];
  const ours = all.map((outcome) => toCondition(outcome, before.get(outcome.type), context));
  const types = new Set<string>(ours.map(({ type }) => type));
  return [...ours, ...(previous ?? []).filter(({ type }) => !types.has(type))];
}

/** Replaces a pending outcome by the existing condition of the same generation. */
function settle(outcome: ConditionOutcome, before: Condition | undefined, { generation }: ConditionContext): ConditionOutcome {
  if (!outcome.pending || !before || before.observedGeneration !== generation) {
    return outcome;
  }
  const { status, reason, message, severity } = before;
  return { type: outcome.type, status, reason, message, severity };
}

function toCondition(outcome: ConditionOutcome, before: Condition | undefined, { generation, now }: ConditionContext): Condition {
  const { type, status, reason, message, severity } = outcome;
  const unchanged = before?.status === status ? before.lastTransitionTime : undefined;
  return {
    type,
    status,
    ...(reason && { reason }),
    ...(message && { message: visible(message, MAX_MESSAGE_LENGTH - 1) }),
    ...(severity && { severity }),
    lastTransitionTime: unchanged ?? rfc3339(now),
    ...(generation !== undefined && { observedGeneration: generation }),
  };
}

/** Formats a time as Kubernetes does, in whole seconds. */
function rfc3339(now: number): string {
  return `${new Date(now).toISOString().slice(0, -'.000Z'.length)}Z`;
}

/** A condition whose status or reason changed. */
export interface Transition {
  readonly condition: Condition;
  readonly previous: Condition | undefined;
}

/** Returns the conditions whose status or reason changed. */
export function transitions(previous: readonly Condition[] | undefined, next: readonly Condition[]): Transition[] {
  const before = new Map((previous ?? []).map((condition) => [condition.type, condition]));
  return next
    .map((condition) => ({ condition, previous: before.get(condition.type) }))
    .filter(({ condition, previous: old }) => old?.status !== condition.status || (old.reason ?? '') !== (condition.reason ?? ''));
}
