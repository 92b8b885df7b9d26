import { setTimeout as delay } from 'node:timers/promises';
import { stringify } from 'yaml';
import { applyManifest } from '../installation/apply-manifests';
import { requestToken } from '../installation/request-token';
import { median, type Benchmark, type BenchmarkResult, type Floor } from './benchmark';
import { sized } from './effort';
import {
  type Bench,
  type Neighbour,
  NEIGHBOUR_ACCOUNT,
  neighboursOf,
  neighbourManifests,
  type Place,
  startSurroundings,
} from './neighbours';
import { peakMemory, resetPeakMemory } from './process-cost';
import { CONNECTOR, type LoadResult, type Rig } from './rig';

/** Requests per second of the measured client: a twentieth of what the proxy can serve. */
const RATE = 250;
const SECONDS = 4;
/** Additional seconds after the last request is due. Requests that have not ended by then have failed. */
const PATIENCE_SECONDS = 10;
/**
 * Number of tokens, which the client uses in turn like the pods of a Deployment. Each is reviewed every 10 s, so a few percent
 * of the requests wait for a review.
 */
const TOKENS = 40;
const WARM_UP_REQUESTS = 15_000;
/** Time for a neighbour to take effect, in milliseconds. */
const SETTLE_MS = 2_000;

const RATIO_LIMIT = 2;
const RSS_LIMIT_MB = 350;
/** MB per MiB. */
const MB_IN_MIB = 1.048576;

/** The results of one client, alone and next to a bad neighbour. */
interface Round {
  readonly alone: LoadResult;
  readonly together: LoadResult;
  readonly peakMb: number;
}

/** Measures the effect of one client or tenant on others. Each kind of bad neighbour has its own proxy process. */
export const neighboursBenchmark: Benchmark = {
  problem: () => (process.getuid?.() === 0 ? undefined : 'the silent name server needs port 53 and a mount namespace; run it as root'),
  async run(rig, effort): Promise<BenchmarkResult> {
    const surroundings = await startSurroundings(rig);
    for (const object of neighbourManifests(rig, surroundings.hostile)) {
      await applyManifest(rig.client, stringify(object), 'the benchmark');
    }
    const victims = await authorizations(rig, { namespace: CONNECTOR.namespace, name: 'builder' }, TOKENS);
    const [neighbour = ''] = await authorizations(rig, NEIGHBOUR_ACCOUNT, 1);
    const bench: Bench = { rig, effort, victims, neighbour };
    const rows: string[][] = [];
    const floors: Floor[] = [];
    try {
      for (const neighbour of neighboursOf(rig.directory)) {
        const rounds: Round[] = [];
        for (let round = 0; round < effort.rounds; round++) {
          rounds.push(await measure(bench, neighbour));
        }
        rows.push(rowOf(neighbour, rounds));
        floors.push(...floorsOf(neighbour, rounds));
      }
    } finally {
      await surroundings.close();
    }
    return { header: ['neighbour', 'alone p50', 'p99 ms', 'with it p50', 'p99 ms', 'failed', 'peak RSS MB'], rows, floors };
  },
};

/** Returns values of Authorization, each with a different token. */
async function authorizations(
  { client }: Rig,
  account: { readonly namespace: string; readonly name: string },
  count: number,
): Promise<string[]> {
  const tokens = await Promise.all(Array.from({ length: count }, () => requestToken(client, { ...account, audience: 'connectors-proxy' })));
  return tokens.map((token) => `Bearer ${token.reveal()}`);
}

async function measure(bench: Bench, neighbour: Neighbour): Promise<Round> {
  const { rig, effort } = bench;
  const proxy = await rig.startProxy(neighbour.proxy);
  const place = { ...bench, proxy };
  try {
    await rig.load({ ...neighbour.victim(place), mode: 'manifest', count: sized(effort, WARM_UP_REQUESTS, 100), concurrency: 32 });
    const alone = await ask(place, neighbour);
    if (alone.failed > 0 && !effort.smoke) {
      throw new Error(`${neighbour.name}: alone, ${alone.failed} failed, the first with: ${alone.error}`);
    }
    await resetPeakMemory(proxy.pid);
    const stop = await neighbour.start(place);
    await delay(sized(effort, SETTLE_MS, 100));
    const together = await ask(place, neighbour);
    const peakMb = (await peakMemory(proxy.pid)) * MB_IN_MIB;
    await stop();
    return { alone, together, peakMb };
  } finally {
    await proxy.stop();
  }
}

function ask(place: Place, neighbour: Neighbour): Promise<LoadResult> {
  const seconds = sized(place.effort, SECONDS, 1);
  const deadline = seconds + sized(place.effort, PATIENCE_SECONDS, 1);
  return place.rig.load({ ...neighbour.victim(place), mode: 'manifest', count: RATE * seconds, rate: RATE, concurrency: 50, deadline });
}

const middle = (rounds: readonly Round[], figure: (round: Round) => number): number => median(rounds.map(figure));
const most = (rounds: readonly Round[], figure: (round: Round) => number): number => Math.max(...rounds.map(figure));

function rowOf({ name }: Neighbour, rounds: readonly Round[]): string[] {
  return [
    name,
    middle(rounds, ({ alone }) => alone.p50Ms).toFixed(2),
    middle(rounds, ({ alone }) => alone.p99Ms).toFixed(2),
    middle(rounds, ({ together }) => together.p50Ms).toFixed(2),
    middle(rounds, ({ together }) => together.p99Ms).toFixed(2),
    `${most(rounds, ({ together }) => together.failed)} of ${rounds[0]?.together.requests ?? 0}`,
    most(rounds, ({ peakMb }) => peakMb).toFixed(0),
  ];
}

/**
 * Returns the limits. Ratios are computed within each round, because the machine's speed varies between rounds. Most
 * neighbours have no limit for the 99th percentile, which the table shows: neighbour, upstream and clients share the processors with the
 * proxy.
 */
function floorsOf({ name, limitsTail }: Neighbour, rounds: readonly Round[]): Floor[] {
  const atMost = { bound: 'at most' } as const;
  return [
    {
      ...atMost,
      name: `${name}: p50, against alone`,
      measured: middle(rounds, ({ alone, together }) => together.p50Ms / alone.p50Ms),
      limit: RATIO_LIMIT,
      unit: '×',
    },
    ...(limitsTail
      ? [
          {
            ...atMost,
            name: `${name}: p99, against alone`,
            measured: middle(rounds, ({ alone, together }) => together.p99Ms / alone.p99Ms),
            limit: RATIO_LIMIT,
            unit: '×',
          },
        ]
      : []),
    { ...atMost, name: `${name}: failed`, measured: most(rounds, ({ together }) => together.failed), limit: 0, unit: 'requests' },
    { ...atMost, name: `${name}: peak RSS`, measured: most(rounds, ({ peakMb }) => peakMb), limit: RSS_LIMIT_MB, unit: 'MB' },
  ];
}
