import { type PublishOutcome } from '../volume/publish-volume';

/** What one call leaves behind: one line of the log and some counts. Filled in as the call goes on; never a token. */
export interface CallRecord {
  readonly method: string;
  volume?: string;
  /** `NAMESPACE/NAME`. */
  pod?: string;
  /** `NAMESPACE/NAME` of the ServiceAccount. */
  client?: string;
  /** As the volume's attribute names them. */
  connectors?: string;
  outcome?: CallOutcome;
  problems?: readonly CallProblem[];
}

export type CallOutcome = PublishOutcome | 'unpublished' | 'failed';

/** Why a call failed, or did less than it should. */
export interface CallProblem {
  /** Stable. */
  readonly reason: string;
  readonly error: unknown;
}
