import { promises as dns } from 'node:dns';
import { type Clock } from '@oci-connector/clock';

/** An address of a name, and its TTL in seconds. */
export interface AddressRecord {
  readonly address: string;
  readonly ttl: number;
}

/** The name servers' answer about one name and one family. */
export type FamilyAnswer =
  | readonly AddressRecord[]
  /** The name does not exist, or has no address of this family. */
  | 'absent'
  /** Every server answered with an error, such as SERVFAIL. */
  | 'failed'
  /** No answer arrived before the signal aborted. */
  | 'silent';

/** A question to name servers. */
export interface Question {
  /** The absolute name, without the root's dot. */
  readonly name: string;
  readonly family: 4 | 6;
  /** The servers in the order in which to ask them. A server that is listed twice is asked twice. */
  readonly servers: readonly string[];
  /** How long to wait for a server before asking the next one. */
  readonly intervalMs: number;
  /** Ends the question. */
  readonly signal: AbortSignal;
  readonly clock: Pick<Clock, 'setTimeout'>;
  /** Called with the server whose answer is used. */
  readonly onAnswer: (server: string) => void;
}

/** The codes of c-ares for "absent": the name does not exist, has no such record, or is not valid. */
const ABSENT: ReadonlySet<unknown> = new Set(['ENOTFOUND', 'ENODATA', 'EBADNAME']);

/** Longer than any question, because the signal ends a question, not c-ares. */
const CARES_TIMEOUT_MS = 60_000;

/**
 * Asks one server after the other. It asks the next server when one responds with an error or not within the interval. The first answer of
 * any server is used, so a slow answer is not lost when the next server is asked.
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
 * Sends one query with its own resolver. In a shared resolver, c-ares adapts the timeout to a server's earlier answers, cancels all queries
 * together, and sends them from one port.
 */
async function askServer({ name, family }: Question, server: string, signal: AbortSignal): Promise<FamilyAnswer> {
  const resolver = new dns.Resolver({ timeout: CARES_TIMEOUT_MS, tries: 1 });
  const cancel = (): void => resolver.cancel();
  try {
    // `setServers` drops the zone of a link-local address. The servers that c-ares reads from resolv.conf keep it.
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
