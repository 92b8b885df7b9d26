import { PASSED, failed, unknown, type Finding } from '@oci-connector/diagnosis';
import { nextProbeIn, type ProbeKind } from './probe-schedule';

const MINUTE = 60_000;
const periods = { liveness: MINUTE, credential: 10 * MINUTE, refused: 30 * MINUTE };
const refused: Finding = { ...failed('AuthenticationFailed', 'no'), credentialRefused: true };

describe('the time to the next probe', () => {
  const table: [string, ProbeKind, Finding, number, number][] = [
    ['alive', 'liveness', PASSED, 0.9 * MINUTE, 1.1 * MINUTE],
    ['dead', 'liveness', failed('ConnectionFailed', 'no'), 0.9 * MINUTE, 1.1 * MINUTE],
    ['a good credential', 'credential', PASSED, 9 * MINUTE, 11 * MINUTE],
    ['an untrusted realm', 'credential', failed('AuthRealmUntrusted', 'no'), 0.9 * MINUTE, 1.1 * MINUTE],
    ['a host that cannot be reached', 'credential', failed('ConnectionFailed', 'no'), 0.9 * MINUTE, 1.1 * MINUTE],
    ['an unknown result', 'credential', unknown('ConnectionFailed', 'no'), 0.9 * MINUTE, 1.1 * MINUTE],
    ['a refused credential, never earlier', 'credential', refused, 30 * MINUTE, 33 * MINUTE],
    ['a server that asks to wait', 'credential', { ...unknown('Throttled', 'no'), retryAfterMs: 5 * MINUTE }, 5 * MINUTE, 5.5 * MINUTE],
    ['a server that asks to wait a little', 'credential', { ...unknown('Throttled', 'no'), retryAfterMs: 1 }, MINUTE, 1.1 * MINUTE],
    ['a server that asks to wait for years', 'credential', { ...unknown('Throttled', 'no'), retryAfterMs: 1e12 }, 60 * MINUTE, 66 * MINUTE],
  ];
  it.each(table)('for %s', (_name, kind, finding, least, most) => {
    expect(nextProbeIn(kind, finding, { periods, random: 0 })).toBeCloseTo(least);
    expect(nextProbeIn(kind, finding, { periods, random: 1 })).toBeCloseTo(most);
  });
});
