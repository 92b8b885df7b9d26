/** The extent of a measurement. */
export interface Effort {
  /** Number of interleaved rounds; the median counts. */
  readonly rounds: number;
  /** Only check that the benchmark runs; no limit is checked. */
  readonly smoke: boolean;
}

/** Returns the full size, or the small one for a smoke run. */
export function sized({ smoke }: Effort, full: number, small: number): number {
  return smoke ? small : full;
}
