import { isIPv4 } from 'node:net';
import { askServers, type AddressRecord, type FamilyAnswer, type Question } from './ask-servers';

/** What the name servers say about one absolute name. */
export type NameAnswer =
  | {
      /** Of both families. */
      readonly addresses: readonly string[];
      /** Seconds for which all of them may be believed. */
      readonly ttl: number;
      /** Whether both families were answered. */
      readonly complete: boolean;
    }
  | Exclude<FamilyAnswer, readonly AddressRecord[]>;

/** Where one family has addresses, the other is waited for no longer than this: some servers never answer about AAAA. In milliseconds. */
const SECOND_FAMILY_MS = 500;

/** Where one family has none, the other may be all there is: it is waited for longer, but not for ever, as the next search domain may have both. */
const ONLY_FAMILY_MS = 2_000;

/** A name may have more; nobody dials them all. Of one family. */
const MAX_ADDRESSES = 32;

/** Asks for the IPv4 and IPv6 addresses of a name together. Either is enough. */
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
  // Silence after a definite answer, with time left, says that there is no more to be had.
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
  // The worst of both: a name is absent only when both families say so.
  return problems.find((problem) => problem === 'silent') ?? problems.find((problem) => problem === 'failed') ?? 'absent';
}

/** Addresses with those of one family first. */
export function ordered(addresses: readonly string[], first: 4 | 6): string[] {
  const isFirst = (address: string): boolean => isIPv4(address) === (first === 4);
  return [...addresses.filter(isFirst), ...addresses.filter((address) => !isFirst(address))];
}
