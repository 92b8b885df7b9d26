import { Reason } from '@oci-connector/connector-api';

/** The result of a check of a registry or a service. */
export interface Finding {
  /**
   * `unknown` means that the check has no result: the server asks to wait, or a server that must be asked cannot be reached.
   * It is never used for a refusal.
   */
  readonly outcome: 'passed' | 'failed' | 'unknown';
  /** Absent when the check passed. */
  readonly reason?: Reason;
  /** What was found and what to do, for people. Contains no secret; absent when there is nothing to report. */
  readonly message?: string;
  /** The server refused the credential. Only the pause before the next check keeps it from being sent again, which could lock the account. */
  readonly credentialRefused?: true;
  /** How long the server asked to wait, in milliseconds. */
  readonly retryAfterMs?: number;
}

/** The check found nothing wrong. */
export const PASSED: Finding = { outcome: 'passed' };

/** Returns the finding that something is wrong and must be changed. */
export function failed(reason: Reason, message: string): Finding {
  return { outcome: 'failed', reason, message };
}

/** Returns the finding that the check has no result. */
export function unknown(reason: Reason, message: string): Finding {
  return { outcome: 'unknown', reason, message };
}

/** Returns the finding that the server asks to wait. @param retryAfterMs how long, in milliseconds; undefined when it does not say */
export function throttled(message: string, retryAfterMs: number | undefined): Finding {
  return { ...unknown(Reason.Throttled, message), retryAfterMs };
}
