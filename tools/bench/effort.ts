/** How much is measured. */
export interface Effort {
  /** Interleaved rounds of which the median counts. */
  readonly rounds: number;
  /** Nothing is judged: only whether the benchmark runs. */
  readonly smoke: boolean;
}

/** The full figure, or for a smoke run the small one. */
export function sized({ smoke }: Effort, full: number, small: number): number {
  return smoke ? small : full;
}
