import { type Clock, type Timer } from '@oci-connector/clock';

/** Lines of one kind that are written in a second; the others are counted. */
const LINES_PER_SECOND = 10;

/** How often it is told how many lines were left out. In milliseconds. */
const SUMMARY_INTERVAL_MS = 10_000;

export interface LogSamplerOptions {
  readonly clock: Clock;
  /** Writes how many lines of each kind were left out since the last time. */
  readonly summarize: (unlogged: Readonly<Record<string, number>>) => void;
}

interface Kind {
  second: number;
  written: number;
  unlogged: number;
}

/**
 * Decides which lines are written that strangers can cause at will: the first ones of each kind in every second. So a flood of requests
 * does not become a flood of the log.
 */
export class LogSampler {
  readonly #kinds = new Map<string, Kind>();
  /** Set while there is something to tell. */
  #timer?: Timer;

  constructor(private readonly options: LogSamplerOptions) {}

  /**
   * True when the line is to be written.
   *
   * @param name of a kind, from a short list of ours
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

  /** Tells what was left out, if anything was. */
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
