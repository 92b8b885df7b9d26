import { type Clock, systemClock } from '@oci-connector/clock';
import { type LookupAll } from '@oci-connector/egress';

/** The outside world of the command. Only tests replace parts of it. */
export interface World {
  /** Writes to the standard output. */
  readonly print: (text: string) => void;
  /** Writes a line to the standard error output: progress, and what is about to be sent. */
  readonly note: (line: string) => void;
  /** Columns of the terminal; undefined when the output is a file or a pipe. */
  readonly columns?: number;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** Resolves names of registries. Default: with the files of the system. */
  readonly lookup?: LookupAll;
}

/** Returns the world of this process. */
export function thisWorld(): World {
  return {
    print: (text) => void process.stdout.write(text),
    note: (line) => void process.stderr.write(`${line}\n`),
    columns: process.stdout.columns,
    environment: process.env,
    clock: systemClock,
  };
}

/** After this time a user wants to know what the command is doing. In milliseconds. */
const SLOW_MS = 2_000;

/** Runs something, and calls `tell` once when it takes longer than two seconds. */
export async function tellingWhenSlow<T>(clock: Pick<Clock, 'setTimeout'>, tell: () => void, run: () => Promise<T>): Promise<T> {
  const slow = clock.setTimeout(tell, SLOW_MS);
  try {
    return await run();
  } finally {
    slow.cancel();
  }
}
