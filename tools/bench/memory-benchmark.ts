import { blobUrl, uploadUrl } from './addresses';
import { type Benchmark, type BenchmarkResult, type Floor } from './benchmark';
import { sized, type Effort } from './effort';
import { peakMemory, resetPeakMemory } from './process-cost';
import { type LoadOptions, type Rig } from './rig';

const MIB = 1 << 20;
const CROWD = 200;
const CROWD_SIZE = 100 * MIB;
const SMALL = 1024 * MIB;
const HUGE = 10 * 1024 * MIB;

/** Allowed growth of a process between a blob of 1 GiB and one of 10 GiB: noise of the garbage collector. */
const GROWTH_LIMIT_MIB = 32;

interface Case {
  readonly name: string;
  readonly options: Omit<LoadOptions, 'url'>;
}

function crowds(effort: Effort): readonly Case[] {
  const crowd = { count: sized(effort, CROWD, 4), concurrency: CROWD, size: sized(effort, CROWD_SIZE, MIB) };
  return [
    { name: `${CROWD} concurrent pulls of 100 MiB`, options: { mode: 'pull', ...crowd } },
    { name: `${CROWD} concurrent pushes of 100 MiB`, options: { mode: 'push', ...crowd } },
  ];
}

/** Measures the peak memory of the proxy with many streams, and with one stream that is larger than the memory. */
export const memoryBenchmark: Benchmark = {
  async run(rig, effort): Promise<BenchmarkResult> {
    const rows: string[][] = [];
    const floors: Floor[] = [];
    for (const { name, options } of crowds(effort)) {
      const peak = await peakOf(rig, options);
      rows.push([name, peak.toFixed(0)]);
      floors.push({ name, measured: peak, bound: 'at most', limit: 250, unit: 'MiB' });
    }
    for (const mode of ['pull', 'push'] as const) {
      const small = await peakOf(rig, { mode, size: sized(effort, SMALL, MIB) });
      const huge = await peakOf(rig, { mode, size: sized(effort, HUGE, 10 * MIB) });
      rows.push([`one ${mode} of 1 GiB`, small.toFixed(0)], [`one ${mode} of 10 GiB`, huge.toFixed(0)]);
      floors.push({
        name: `${mode} of 10 GiB, over 1 GiB`,
        measured: huge - small,
        bound: 'at most',
        limit: GROWTH_LIMIT_MIB,
        unit: 'MiB',
      });
    }
    return { header: ['work', 'peak RSS MiB'], rows, floors };
  },
};

async function peakOf(rig: Rig, options: Omit<LoadOptions, 'url'>): Promise<number> {
  const { proxy } = rig;
  await resetPeakMemory(proxy.pid);
  const url = options.mode === 'pull' ? blobUrl(proxy, options.size ?? 0) : uploadUrl(proxy);
  const { failed, error, bytes, requests } = await rig.load({ ...options, url });
  if (failed > 0) {
    throw new Error(`${options.mode}: ${failed} of ${requests} failed, the first with: ${error}`);
  }
  if (bytes !== requests * (options.size ?? 0)) {
    throw new Error(`${options.mode}: ${bytes} bytes arrived`);
  }
  return peakMemory(proxy.pid);
}
