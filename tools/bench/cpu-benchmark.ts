import { blobUrl, manifestUrl, uploadUrl } from './addresses';
import { median, type Benchmark, type BenchmarkResult, type Floor } from './benchmark';
import { sized, type Effort } from './effort';
import { cpuSeconds } from './process-cost';
import { type LoadOptions, type Rig, type Target } from './rig';

const MIB = 1 << 20;
const GIB = 1 << 30;
const MANIFESTS = 20_000;

interface Measure {
  readonly name: string;
  readonly unit: string;
  load(target: Target, effort: Effort): LoadOptions;
  /** Converts processor seconds of the full effort to the figure. */
  figure(seconds: number): number;
  /** Number of rounds that do not count, in which compilers warm up and connections are opened. */
  readonly warmUpRounds: number;
  readonly floor: Pick<Floor, 'bound' | 'limit'>;
}

/** Number of measured proxy processes: two processes differ more than the rounds of one process. */
const PROCESSES = 3;

type Figures = Record<'nginx' | 'go' | 'proxy', number[]>;

const perGigabyte = (seconds: number): number => seconds / (GIB / 1e9);

/**
 * The measures, in the order in which they run in each process. Manifests are first, because they leave the heap in the state of a proxy
 * that has served for a while, and the cost of blobs depends on that (ADR 19).
 */
const MEASURES: readonly Measure[] = [
  {
    name: 'manifests',
    unit: 'requests/CPU s',
    load: (target, effort) => ({ mode: 'manifest', url: manifestUrl(target), count: sized(effort, MANIFESTS, 50), concurrency: 32 }),
    figure: (seconds) => MANIFESTS / seconds,
    // Node.js compiles code during the first 60,000 requests or so.
    warmUpRounds: 3,
    floor: { bound: 'at least', limit: 0.6 },
  },
  {
    name: 'blob pull',
    unit: 'CPU s/GB',
    load: (target, effort) => ({ mode: 'pull', url: blobUrl(target, sized(effort, GIB, MIB)), size: sized(effort, GIB, MIB) }),
    figure: perGigabyte,
    warmUpRounds: 1,
    floor: { bound: 'at most', limit: 3.0 },
  },
  {
    name: 'blob push',
    unit: 'CPU s/GB',
    load: (target, effort) => ({ mode: 'push', url: uploadUrl(target), size: sized(effort, GIB, MIB) }),
    figure: perGigabyte,
    warmUpRounds: 1,
    floor: { bound: 'at most', limit: 2.7 },
  },
  {
    name: 'blob push, chunked',
    unit: 'CPU s/GB',
    load: (target, effort) => ({ mode: 'push-chunked', url: uploadUrl(target), size: sized(effort, GIB, MIB) }),
    figure: perGigabyte,
    warmUpRounds: 1,
    floor: { bound: 'at most', limit: 2.0 },
  },
];

/** Measures the processor time of each proxy for the same work. The limits are ratios to the Go proxy. */
export const cpuBenchmark: Benchmark = {
  async run(rig, effort): Promise<BenchmarkResult> {
    const rows: string[][] = [];
    const floors: Floor[] = [];
    const measured = MEASURES.map((measure): Measured => ({ measure, figures: { nginx: [], go: [], proxy: [] } }));
    for (let process = 0; process < sized(effort, PROCESSES, 1); process++) {
      const proxy = await rig.startProxy();
      const targets = [...rig.targets.filter(({ name }) => name === 'nginx' || name === 'go'), proxy];
      for (const { measure, figures } of measured) {
        await measureRounds(rig, { measure, figures, targets, effort });
      }
      await proxy.stop();
    }
    for (const { measure, figures } of measured) {
      // The ratio is computed within each round, because the machine's speed varies between rounds.
      const ratio = median(figures.proxy.map((value, round) => value / (figures.go[round] ?? NaN)));
      rows.push([
        measure.name,
        measure.unit,
        ...[figures.nginx, figures.go, figures.proxy].map((values) => digits(median(values))),
        ratio.toFixed(2),
      ]);
      floors.push({ name: `${measure.name}, against Go`, measured: ratio, ...measure.floor, unit: '×' });
    }
    return { header: ['work', 'unit', 'nginx', 'Go', 'proxy', 'proxy/Go'], rows, floors };
  },
};

const digits = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toFixed(2));

interface Measured {
  readonly measure: Measure;
  /** The figures of all rounds. */
  readonly figures: Figures;
}

interface Rounds extends Measured {
  readonly targets: readonly Target[];
  readonly effort: Effort;
}

async function measureRounds(rig: Rig, { measure, targets, effort, figures }: Rounds): Promise<void> {
  for (let round = 1 - sized(effort, measure.warmUpRounds, 0); round <= effort.rounds; round++) {
    for (const target of targets) {
      const seconds = await cost(rig, target, { measure, effort });
      if (round > 0) {
        figures[target.name as keyof Figures].push(measure.figure(seconds));
      }
    }
  }
}

async function cost(rig: Rig, target: Target, { measure, effort }: Pick<Rounds, 'measure' | 'effort'>): Promise<number> {
  const pid = target.pid ?? 0;
  const before = await cpuSeconds(pid);
  const { failed, error } = await rig.load(measure.load(target, effort));
  if (failed > 0) {
    throw new Error(`${measure.name} through ${target.name}: ${failed} failed, the first with: ${error}`);
  }
  return (await cpuSeconds(pid)) - before;
}
