import { type Condition, type ConditionSeverity, ConditionType, Reason } from '@oci-connector/connector-api';

/** The result of one check of an object. */
export interface ConditionOutcome {
  readonly type: ConditionType;
  readonly status: Condition['status'];
  /** Absent for a True that needs no explanation. */
  readonly reason?: string;
  readonly message?: string;
  /** `Info` does not affect Ready. */
  readonly severity?: ConditionSeverity;
  /** No answer yet: the condition stays as it is for the same generation. */
  readonly pending?: true;
}

/** Returns the outcome of Ready: True when all outcomes that affect it are True. */
export function readyOutcome(outcomes: readonly ConditionOutcome[]): ConditionOutcome {
  const counting = outcomes.filter(({ severity }) => severity !== 'Info' && severity !== 'Warning');
  const worst = counting.find(({ status }) => status === 'False') ?? counting.find(({ status }) => status === 'Unknown');
  if (!worst) {
    return { type: ConditionType.Ready, status: 'True' };
  }
  return { type: ConditionType.Ready, status: worst.status, reason: worst.reason, message: worst.message };
}

/** Returns the outcome of a check that needs the success of another one. */
export function waitsFor(type: ConditionType, other: ConditionType): ConditionOutcome {
  return { type, status: 'Unknown', reason: Reason.Checking, message: `waits for ${other}` };
}
