import { Reason } from '@oci-connector/connector-api';
import { type ConditionOutcome, type Finding } from '@oci-connector/diagnosis';

/** The result of one check. `skipped` means that nothing is known. */
export type Outcome<T = undefined> =
  | { readonly state: 'passed'; readonly message: string; readonly value: T }
  | { readonly state: 'failed'; readonly message: string; readonly reason?: string }
  | { readonly state: 'skipped'; readonly message: string };

/** @param value what later checks need */
export function passed<T>(message: string, value: T): Outcome<T> {
  return { state: 'passed', message, value };
}

/** @param message what is wrong and what to do */
export function failed(message: string, reason?: string): Outcome<never> {
  return { state: 'failed', message, reason };
}

/** @param message why nothing was checked */
export function skipped(message: string): Outcome<never> {
  return { state: 'skipped', message };
}

/** Returns the outcome of a check that the controller makes, too. Only a missing probe leaves a finding unknown that nobody can correct. */
export function ofFinding<T>({ outcome, reason, message = '' }: Finding, whenPassed: () => Outcome<T>): Outcome<T> {
  if (outcome === 'passed') {
    return whenPassed();
  }
  return reason === Reason.ProbeNotSupported ? skipped(message) : failed(message, reason);
}

/** The same for a check of the Connector's objects. */
export function ofCondition<T>({ status, reason, message = '' }: ConditionOutcome, whenTrue: () => Outcome<T>): Outcome<T> {
  return status === 'True' ? whenTrue() : failed(message, reason);
}
