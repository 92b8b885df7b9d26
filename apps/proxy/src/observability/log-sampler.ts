/** Lines of one kind that are written in a second; the others are counted. */
const LINES_PER_SECOND = 10;

/** How often it is told how many lines were left out. In milliseconds. */
const SUMMARY_INTERVAL_MS = 10_000;

export interface LogSamplerOptions {
  /** Monotonic milliseconds. */
  readonly now: () => number;
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
  readonly #timer: NodeJS.Timeout;

  constructor(private readonly options: LogSamplerOptions) {
    this.#timer = setInterval(() => this.summarize(), SUMMARY_INTERVAL_MS).unref();
  }

  /**
   * True when the line is to be written.
   *
   * @param name of a kind, from a short list of ours
   */
  takes(name: string): boolean {
    const second = Math.floor(this.options.now() / 1_000);
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
    }
    return isWritten;
  }

  /** Tells what was left out, if anything was. */
  summarize(): void {
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
    clearInterval(this.#timer);
    this.summarize();
  }
}
