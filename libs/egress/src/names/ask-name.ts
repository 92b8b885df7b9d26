import { isIPv4 } from 'node:net';
import { askServers, type AddressRecord, type FamilyAnswer, type Question } from './ask-servers';

/** The name servers' answer about one absolute name. */
export type NameAnswer =
  | {
      /** The addresses of both families. */
      readonly addresses: readonly string[];
      /** The TTL for all of them, in seconds. */
      readonly ttl: number;
      /** Whether there are answers for both families. */
      readonly complete: boolean;
    }
  | Exclude<FamilyAnswer, readonly AddressRecord[]>;

/** The longest wait for the other family when one has addresses: some servers never answer AAAA queries. In milliseconds. */
const SECOND_FAMILY_MS = 500;

/**
 * The longest wait for the other family when one has no address. It is longer because the other family may have the only addresses, and
 * it is limited because the next search domain may have both.
 */
const ONLY_FAMILY_MS = 2_000;

/** The most addresses of one family that are used. A name may have more. */
const MAX_ADDRESSES = 32;

/** Asks for the IPv4 and IPv6 addresses of a name concurrently. The addresses of one family are sufficient. */
export async function askName(question: Omit<Question, 'family'>, families: readonly (4 | 6)[]): Promise<NameAnswer> {
  const { clock, signal } = question;
  const enough = new AbortController();
  const either = AbortSignal.any([signal, enough.signal]);
  let timer: { cancel(): void } | undefined;
  const asked = families.map(async (family) => {
    const answer = await askServers({ ...question, family, signal: either });
    if (typeof answer !== 'string' || answer === 'absent') {
      timer ??= clock.setTimeout(() => enough.abort(), answer === 'absent' ? ONLY_FAMILY_MS : SECOND_FAMILY_MS);
    }
    return answer;
  });
  const answers = await Promise.all(asked);
  timer?.cancel();
  // No answer for one family after a definite answer for the other, with time left: that family counts as absent.
  return merged(
    answers.map((answer) => (answer === 'silent' && enough.signal.aborted ? 'absent' : answer)),
    answers.includes('silent'),
  );
}

function merged(answers: readonly FamilyAnswer[], isCut: boolean): NameAnswer {
  const problems = answers.filter((answer) => typeof answer === 'string');
  const records = answers.flatMap((answer) => (typeof answer === 'string' ? [] : answer.slice(0, MAX_ADDRESSES)));
  const complete = !isCut && problems.every((problem) => problem === 'absent');
  if (records.length > 0) {
    return { addresses: records.map(({ address }) => address), ttl: Math.min(...records.map(({ ttl }) => ttl)), complete };
  }
  // The worse result of both: a name is absent only when both families are absent.
  return problems.find((problem) => problem === 'silent') ?? problems.find((problem) => problem === 'failed') ?? 'absent';
}

/** Returns the addresses with those of one family first. */
export function ordered(addresses: readonly string[], first: 4 | 6): string[] {
  const isFirst = (address: string): boolean => isIPv4(address) === (first === 4);
  return [...addresses.filter(isFirst), ...addresses.filter((address) => !isFirst(address))];
}
