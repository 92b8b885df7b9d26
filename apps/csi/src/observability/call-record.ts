import { type PublishOutcome } from '../volume/publish-volume';

/** The data of one call for its log line and the metrics. Filled in while the call runs; never contains a token. */
export interface CallRecord {
  readonly method: string;
  volume?: string;
  /** `NAMESPACE/NAME`. */
  pod?: string;
  /** `NAMESPACE/NAME` of the ServiceAccount. */
  client?: string;
  /** As the volume's attributes name them. */
  connectors?: string;
  outcome?: CallOutcome;
  problems?: readonly CallProblem[];
}

export type CallOutcome = PublishOutcome | 'unpublished' | 'failed';

/** A reason why a call failed, or why the files are not up to date. */
export interface CallProblem {
  /** Stable code. */
  readonly reason: string;
  readonly error: unknown;
}
