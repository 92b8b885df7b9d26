import { type Effort } from './effort';
import { type Rig } from './rig';

/** A limit that the project promises for a figure. */
export interface Floor {
  readonly name: string;
  readonly measured: number;
  /** Whether the figure must be at most or at least the limit. */
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
  /** Returns why the benchmark cannot run on this machine; undefined if it can. */
  readonly problem?: () => string | undefined;
  run(rig: Rig, effort: Effort): Promise<BenchmarkResult>;
}

/** Returns the percentile of the figures (nearest rank). */
export function percentile(figures: readonly number[], percent: number): number {
  const sorted = [...figures].sort((a, b) => a - b);
  return sorted[Math.ceil((percent / 100) * sorted.length) - 1] ?? NaN;
}

/** Returns the median of the figures. */
export function median(figures: readonly number[]): number {
  const sorted = [...figures].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? (sorted[middle] ?? NaN) : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}
