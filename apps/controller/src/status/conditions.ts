import { ConditionType, Reason, type Condition, type ConditionSeverity } from '@oci-connector/connector-api';
import { visible } from '@oci-connector/sensitive';

/** What a step of a reconcile found out about one aspect. */
export interface ConditionOutcome {
  readonly type: ConditionType;
  readonly status: Condition['status'];
  /** Absent for a True that needs no word. */
  readonly reason?: string;
  readonly message?: string;
  /** `Info` does not touch Ready. */
  readonly severity?: ConditionSeverity;
  /** The answer is on its way: what was found before for the same generation stands until then. */
  readonly pending?: true;
}

/** What the conditions are found for. */
export interface ConditionContext {
  /** `metadata.generation` of the object. */
  readonly generation: number | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Longer messages would be refused by the schema; whoever reads them has lost patience long before. */
const MAX_MESSAGE_LENGTH = 2048;

/**
 * The new conditions of an object, Ready first: it is False or Unknown with the reason of the first outcome that is (Knative's
 * living condition set), unless an outcome says itself what Ready is. The order of `outcomes` is the order of importance.
 * `lastTransitionTime` changes with the status only. Conditions of other types are somebody else's and stay.
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

/** A pending outcome keeps what is known of this generation. */
function settle(outcome: ConditionOutcome, before: Condition | undefined, { generation }: ConditionContext): ConditionOutcome {
  if (!outcome.pending || !before || before.observedGeneration !== generation) {
    return outcome;
  }
  const { status, reason, message, severity } = before;
  return { type: outcome.type, status, reason, message, severity };
}

/** The aggregate: True when all that counts is True. */
export function readyOutcome(outcomes: readonly ConditionOutcome[]): ConditionOutcome {
  const counting = outcomes.filter(({ severity }) => severity !== 'Info' && severity !== 'Warning');
  const worst = counting.find(({ status }) => status === 'False') ?? counting.find(({ status }) => status === 'Unknown');
  if (!worst) {
    return { type: ConditionType.Ready, status: 'True' };
  }
  return { type: ConditionType.Ready, status: worst.status, reason: worst.reason, message: worst.message };
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

/** As Kubernetes writes times: whole seconds. */
function rfc3339(now: number): string {
  return `${new Date(now).toISOString().slice(0, -'.000Z'.length)}Z`;
}

/** A step that cannot be taken before another one succeeds. */
export function waitsFor(type: ConditionType, other: ConditionType): ConditionOutcome {
  return { type, status: 'Unknown', reason: Reason.Checking, message: `waits for ${other}` };
}

/** A condition that became what it was not. */
export interface Transition {
  readonly condition: Condition;
  readonly previous: Condition | undefined;
}

/** The conditions whose status or reason differs from before. */
export function transitions(previous: readonly Condition[] | undefined, next: readonly Condition[]): Transition[] {
  const before = new Map((previous ?? []).map((condition) => [condition.type, condition]));
  return next
    .map((condition) => ({ condition, previous: before.get(condition.type) }))
    .filter(({ condition, previous: old }) => old?.status !== condition.status || (old.reason ?? '') !== (condition.reason ?? ''));
}
