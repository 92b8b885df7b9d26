import { manifestUrl } from './addresses';
import { sized } from './effort';
import { median, type Benchmark, type BenchmarkResult } from './benchmark';

const RATE = 1_000;
const SECONDS = 10;

/** Measures the latency that each proxy adds to the upstream, for manifests at a fixed rate over a hundred connections. */
export const latencyBenchmark: Benchmark = {
  async run(rig, effort): Promise<BenchmarkResult> {
    const latencies = new Map(rig.targets.map(({ name }) => [name, { p50: [] as number[], p99: [] as number[] }]));
    for (let round = 0; round < effort.rounds; round++) {
      for (const target of rig.targets) {
        const options = {
          mode: 'manifest',
          url: manifestUrl(target),
          count: RATE * sized(effort, SECONDS, 1),
          concurrency: 100,
          rate: RATE,
        } as const;
        const result = await rig.load(options);
        if (result.failed > 0) {
          throw new Error(`${target.name}: ${result.failed} failed, the first with: ${result.error}`);
        }
        latencies.get(target.name)?.p50.push(result.p50Ms);
        latencies.get(target.name)?.p99.push(result.p99Ms);
      }
    }
    const direct = latencies.get('direct') ?? { p50: [], p99: [] };
    const rows = [...latencies].map(([name, { p50, p99 }]) => [
      name,
      median(p50).toFixed(2),
      median(p99).toFixed(2),
      (median(p50) - median(direct.p50)).toFixed(2),
      (median(p99) - median(direct.p99)).toFixed(2),
    ]);
    return { header: ['target', 'p50 ms', 'p99 ms', 'added p50', 'added p99'], rows, floors: [] };
  },
};
