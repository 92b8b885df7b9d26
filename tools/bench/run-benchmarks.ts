import { writeFile } from 'node:fs/promises';
import { formatTable, step } from '../processes/progress';
import { type BENCHMARKS as SUMMARIES } from './command-line.mjs';
import { type Benchmark, type BenchmarkResult, type Floor } from './benchmark';
import { cpuBenchmark } from './cpu-benchmark';
import { type Effort } from './effort';
import { forwardBenchmark } from './forward-benchmark';
import { latencyBenchmark } from './latency-benchmark';
import { memoryBenchmark } from './memory-benchmark';
import { neighboursBenchmark } from './neighbours-benchmark';
import { startRig } from './rig';
import { scaleBenchmark } from './scale-benchmark';
import { startBenchmark } from './start-benchmark';
import { volumesBenchmark } from './volumes-benchmark';

const BENCHMARKS: Readonly<Record<BenchmarkName, Benchmark>> = {
  cpu: cpuBenchmark,
  forward: forwardBenchmark,
  latency: latencyBenchmark,
  memory: memoryBenchmark,
  neighbours: neighboursBenchmark,
  scale: scaleBenchmark,
  start: startBenchmark,
  volumes: volumesBenchmark,
};

export type BenchmarkName = keyof typeof SUMMARIES;

interface RunOptions extends Effort {
  readonly json?: string;
}

/**
 * Runs the benchmarks on one rig, and prints their tables and then the limits. Returns exit status 1 when a figure exceeds its
 * limit. A smoke run checks no limits.
 */
export async function runBenchmarks(names: readonly BenchmarkName[], { json, ...effort }: RunOptions): Promise<number> {
  for (const name of names) {
    requireRunnable(name);
  }
  const interrupted = interruption();
  const rig = await step('starting upstream, peers and product', startRig);
  const results: Record<string, BenchmarkResult> = {};
  try {
    for (const name of names) {
      const benchmark: Benchmark = BENCHMARKS[name];
      const result = await step(`benchmark ${name}`, () => Promise.race([benchmark.run(rig, effort), interrupted]));
      if (!effort.smoke) {
        process.stdout.write(`\n${formatTable(result.header, result.rows)}\n\n`);
      }
      results[name] = result;
    }
  } finally {
    await rig.close();
  }
  if (json) {
    await writeFile(json, `${JSON.stringify(results, null, 2)}\n`);
  }
  if (effort.smoke) {
    return 0;
  }
  const floors = Object.values(results).flatMap((result) => result.floors);
  const rows = floors.map((floor) => [
    floor.name,
    figure(floor),
    `${floor.bound} ${floor.limit} ${floor.unit}`,
    holds(floor) ? 'ok' : 'EXCEEDED',
  ]);
  process.stdout.write(`${formatTable(['figure', 'measured', 'limit', ''], rows)}\n`);
  return floors.every(holds) ? 0 : 1;
}

function requireRunnable(name: BenchmarkName): void {
  const benchmark: Benchmark = BENCHMARKS[name];
  const problem = benchmark.problem?.();
  if (problem !== undefined) {
    throw new Error(`benchmark ${name} cannot run on this machine: ${problem}`);
  }
}

/** Rejects on a signal, so that all started processes are ended. */
function interruption(): Promise<never> {
  const interrupted = new Promise<never>((_resolve, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => reject(new Error(`ended by ${signal}`)));
    }
  });
  // The signal may arrive before the promise is awaited.
  interrupted.catch(() => undefined);
  return interrupted;
}

const figure = ({ measured, unit }: Floor): string => `${measured.toFixed(2)} ${unit}`;

function holds({ measured, bound, limit }: Floor): boolean {
  return bound === 'at most' ? measured <= limit : measured >= limit;
}
