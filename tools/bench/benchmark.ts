import { type Effort } from './effort';
import { type Rig } from './rig';

/** A figure that the project promises. */
export interface Floor {
  readonly name: string;
  readonly measured: number;
  /** `at most` or `at least`. */
  readonly bound: 'at most' | 'at least';
  readonly limit: number;
  readonly unit: string;
}

export interface BenchmarkResult {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly floors: readonly Floor[];
}

export interface Benchmark {
  /** Why it cannot run here, where it cannot. */
  readonly problem?: () => string | undefined;
  run(rig: Rig, effort: Effort): Promise<BenchmarkResult>;
}

/** The figure that so many percent of the figures are not above (nearest rank). */
export function percentile(figures: readonly number[], percent: number): number {
  const sorted = [...figures].sort((a, b) => a - b);
  return sorted[Math.ceil((percent / 100) * sorted.length) - 1] ?? NaN;
}

/** The middle one of the figures. */
export function median(figures: readonly number[]): number {
  const sorted = [...figures].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? (sorted[middle] ?? NaN) : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}
