import { type Finding } from '@oci-connector/diagnosis';

export type ProbeKind = 'liveness' | 'credential';

/** Milliseconds between the end of a probe and the next one. */
export interface ProbePeriods {
  readonly liveness: number;
  readonly credential: number;
  /** After the server refused the credential. Long, because registries lock accounts after a few wrong passwords. */
  readonly refused: number;
}

/** Longest accepted Retry-After, in milliseconds; some servers send a date in the next year. */
const MAX_RETRY_AFTER_MS = 3_600_000;

/** A tenth of the period, so that probes that started together spread out. */
const JITTER = 0.1;

/** Returns the wait after a finding, in milliseconds. `random` is in [0, 1). */
export function nextProbeIn(kind: ProbeKind, finding: Finding, { periods, random }: { periods: ProbePeriods; random: number }): number {
  const wait = Math.min(finding.retryAfterMs ?? 0, MAX_RETRY_AFTER_MS);
  // Jitter only extends the waits after a refusal or a Retry-After; it may also shorten a normal period.
  if (finding.credentialRefused) {
    return Math.max(periods.refused, wait) * (1 + JITTER * random);
  }
  if (wait > 0) {
    return Math.max(periodOf(kind, finding, periods), wait) * (1 + JITTER * random);
  }
  return periodOf(kind, finding, periods) * (1 + JITTER * (2 * random - 1));
}

/** Uses the short period for any failure: a user may be correcting it, and no account can be locked. */
function periodOf(kind: ProbeKind, { outcome }: Finding, periods: ProbePeriods): number {
  return kind === 'credential' && outcome === 'passed' ? periods.credential : periods.liveness;
}
