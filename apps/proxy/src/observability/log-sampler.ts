import { type Clock, type Timer } from '@oci-connector/clock';

/** Most lines of one kind that are written in a second; the others are counted. */
const LINES_PER_SECOND = 10;

/** Time between two lines with the counts of lines that were left out. In milliseconds. */
const SUMMARY_INTERVAL_MS = 10_000;

export interface LogSamplerOptions {
  readonly clock: Clock;
  /** Writes how many lines of each kind were left out since the last call. */
  readonly summarize: (unlogged: Readonly<Record<string, number>>) => void;
}

interface Kind {
  second: number;
  written: number;
  unlogged: number;
}

/**
 * Limits the log lines that unknown clients can cause to the first ones of each kind in every second, so that a flood of requests does
 * not become a flood of log lines.
 */
export class LogSampler {
  readonly #kinds = new Map<string, Kind>();
  /** Set while there are counts to write. */
  #timer?: Timer;

  constructor(private readonly options: LogSamplerOptions) {}

  /**
   * Whether to write the line.
   *
   * @param name of the kind; one of a short list, never a text from a request
   */
  takes(name: string): boolean {
    const second = Math.floor(this.options.clock.monotonic() / 1_000);
    const kind = this.#kinds.get(name) ?? { second, written: 0, unlogged: 0 };
    this.#kinds.set(name, kind);
    if (kind.second !== second) {
      Object.assign(kind, { second, written: 0 });
    }
    const isWritten = kind.written < LINES_PER_SECOND;
    if (isWritten) {
      kind.written += 1;
    } else {
      kind.unlogged += 1;
      this.#timer ??= this.options.clock.setTimeout(() => this.summarize(), SUMMARY_INTERVAL_MS);
    }
    return isWritten;
  }

  /** Writes the counts of the lines that were left out, if there are any. */
  summarize(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const unlogged: Record<string, number> = {};
    for (const [name, kind] of this.#kinds) {
      if (kind.unlogged > 0) {
        unlogged[name] = kind.unlogged;
      }
      kind.unlogged = 0;
    }
    if (Object.keys(unlogged).length > 0) {
      this.options.summarize(unlogged);
    }
  }

  close(): void {
    this.summarize();
  }
}
