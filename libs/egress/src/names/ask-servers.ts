import { promises as dns } from 'node:dns';
import { type Clock } from '@oci-connector/clock';

/** An address of a name, and for how many seconds it may be believed. */
export interface AddressRecord {
  readonly address: string;
  readonly ttl: number;
}

/** What the name servers say about one name and one family. */
export type FamilyAnswer =
  | readonly AddressRecord[]
  /** There is no such name, or it has no address of this family. */
  | 'absent'
  /** Every server answered with an error, such as SERVFAIL. */
  | 'failed'
  /** No answer came before the question was given up. */
  | 'silent';

/** A question to name servers. */
export interface Question {
  /** Absolute, without the root's dot. */
  readonly name: string;
  readonly family: 4 | 6;
  /** In the order in which they are to be asked; one that stands there twice is asked twice. */
  readonly servers: readonly string[];
  /** How long one is waited for before the next one is asked. */
  readonly intervalMs: number;
  /** Ends the question. */
  readonly signal: AbortSignal;
  readonly clock: Pick<Clock, 'setTimeout'>;
  /** Called with the server whose answer decided. */
  readonly onAnswer: (server: string) => void;
}

/** What c-ares calls an answer that says "none": the name does not exist, has no such record, or is none. */
const ABSENT: ReadonlySet<unknown> = new Set(['ENOTFOUND', 'ENODATA', 'EBADNAME']);

/** Longer than any question: its signal ends it, not c-ares. */
const CARES_TIMEOUT_MS = 60_000;

/**
 * Asks one server after the other, the next one when one gives an error or has not answered within the interval; whichever answers
 * first decides, so a slow answer is not lost by asking the next one.
 */
export function askServers(question: Question): Promise<FamilyAnswer> {
  const { servers, intervalMs, signal, clock } = question;
  const waiting = [...servers];
  const ended = new AbortController();
  let running = 0;
  return new Promise((resolve) => {
    const finish = (answer: FamilyAnswer): void => {
      timer?.cancel();
      signal.removeEventListener('abort', giveUp);
      resolve(answer);
      ended.abort();
    };
    const giveUp = (): void => finish('silent');
    const next = (): void => {
      timer?.cancel();
      const server = waiting.shift();
      if (server === undefined) {
        return;
      }
      running += 1;
      void askServer(question, server, ended.signal).then((answer) => {
        running -= 1;
        if (answer !== 'failed') {
          question.onAnswer(server);
          finish(answer);
        } else if (waiting.length > 0) {
          next();
        } else if (running === 0) {
          finish('failed');
        }
      });
      timer = clock.setTimeout(next, intervalMs);
    };
    let timer: ReturnType<typeof clock.setTimeout> | undefined;
    signal.addEventListener('abort', giveUp);
    if (signal.aborted) {
      giveUp();
    } else {
      next();
    }
  });
}

/**
 * One query, by a resolver of its own: c-ares learns from the answers of a server how long to wait for it, cancels all queries of a
 * resolver together, and sends them from one port; here each has its own.
 */
async function askServer({ name, family }: Question, server: string, signal: AbortSignal): Promise<FamilyAnswer> {
  const resolver = new dns.Resolver({ timeout: CARES_TIMEOUT_MS, tries: 1 });
  const cancel = (): void => resolver.cancel();
  try {
    // Node.js drops the zone of a link-local address; c-ares itself, which has read the system's resolv.conf, does not.
    if (!server.includes('%')) {
      resolver.setServers([server]);
    }
    signal.addEventListener('abort', cancel);
    const records = await (family === 4 ? resolver.resolve4(name, { ttl: true }) : resolver.resolve6(name, { ttl: true }));
    return records.length > 0 ? records : 'absent';
  } catch (error) {
    return ABSENT.has((error as NodeJS.ErrnoException).code) ? 'absent' : 'failed';
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}
