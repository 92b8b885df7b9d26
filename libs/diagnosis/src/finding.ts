import { Reason } from '@oci-connector/connector-api';

/** What a check found out about a registry or a service. */
export interface Finding {
  /**
   * `unknown` means that nothing can be said: the server asks to wait, or the part that would know cannot be reached.
   * It is never used to soften a refusal.
   */
  readonly outcome: 'passed' | 'failed' | 'unknown';
  /** Absent when the check passed. */
  readonly reason?: Reason;
  /** What was found and what to do about it, for people. Holds no secret; absent when there is nothing to say. */
  readonly message?: string;
  /** The server refused the credential, and nothing but the pause before the next check keeps it from being sent again: that locks accounts. */
  readonly credentialRefused?: true;
  /** The server asked to be left alone for this long, in milliseconds. */
  readonly retryAfterMs?: number;
}

/** The check found nothing wrong. */
export const PASSED: Finding = { outcome: 'passed' };

/** Something is wrong, and somebody has to change something. */
export function failed(reason: Reason, message: string): Finding {
  return { outcome: 'failed', reason, message };
}

/** The question stays open. */
export function unknown(reason: Reason, message: string): Finding {
  return { outcome: 'unknown', reason, message };
}

/** The server asks to wait. @param retryAfterMs how long, if it says so; in milliseconds */
export function throttled(message: string, retryAfterMs: number | undefined): Finding {
  return { ...unknown(Reason.Throttled, message), retryAfterMs };
}
