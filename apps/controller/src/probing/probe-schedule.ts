import { type Finding } from '@oci-connector/diagnosis';

export type ProbeKind = 'liveness' | 'credential';

/** Milliseconds between the end of a probe and the next one. */
export interface ProbePeriods {
  readonly liveness: number;
  readonly credential: number;
  /** After the server refused the credential: accounts are locked after a few wrong passwords. */
  readonly refused: number;
}

/** A server that asks for more is asked again after this long all the same; some send dates of next year. */
const MAX_RETRY_AFTER_MS = 3_600_000;

/** A tenth of the period, so that probes that began together spread out. */
const JITTER = 0.1;

/** How long to wait after a finding, in milliseconds. `random` is from 0 up to, not including, 1. */
export function nextProbeIn(kind: ProbeKind, finding: Finding, { periods, random }: { periods: ProbePeriods; random: number }): number {
  const wait = Math.min(finding.retryAfterMs ?? 0, MAX_RETRY_AFTER_MS);
  // Only ever longer than what was promised to others; the period itself may be a little shorter too.
  if (finding.credentialRefused) {
    return Math.max(periods.refused, wait) * (1 + JITTER * random);
  }
  if (wait > 0) {
    return Math.max(periodOf(kind, finding, periods), wait) * (1 + JITTER * random);
  }
  return periodOf(kind, finding, periods) * (1 + JITTER * (2 * random - 1));
}

/** Whatever is not in order is looked at as often as whether the host is alive: somebody is mending it, and no account is at risk. */
function periodOf(kind: ProbeKind, { outcome }: Finding, periods: ProbePeriods): number {
  return kind === 'credential' && outcome === 'passed' ? periods.credential : periods.liveness;
}
