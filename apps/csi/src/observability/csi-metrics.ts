import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { type MountedVolumes } from '../volume/mounted-volumes';
import { type CallRecord } from './call-record';

/** In seconds. A republish without changes takes 1 ms, a mount tens of milliseconds, a call that waits for the API server seconds. */
const DURATION_BUCKETS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** The driver's metrics. No label contains a value from outside the driver. */
export class CsiMetrics {
  readonly #calls: Counter<'method' | 'code'>;
  readonly #durations: Histogram<'method'>;
  readonly #publishes: Counter<'outcome'>;
  readonly #republishes: Counter<'outcome'>;
  readonly #problems: Counter<'reason'>;
  readonly #reviews: Counter<'outcome'>;

  constructor(registry: Registry, volumes: Pick<MountedVolumes, 'size' | 'staleness'>) {
    const registers = [registry];
    this.#calls = new Counter({
      name: 'connectors_csi_calls_total',
      help: 'gRPC calls, by method and status code.',
      labelNames: ['method', 'code'],
      registers,
    });
    this.#durations = new Histogram({
      name: 'connectors_csi_call_duration_seconds',
      help: 'Duration of gRPC calls, by method.',
      labelNames: ['method'],
      buckets: DURATION_BUCKETS,
      registers,
    });
    this.#publishes = new Counter({
      name: 'connectors_csi_publishes_total',
      help: 'Volumes that were to be mounted, by outcome (published, failed).',
      labelNames: ['outcome'],
      registers,
    });
    this.#republishes = new Counter({
      name: 'connectors_csi_republishes_total',
      help: 'Calls for volumes that are mounted, by outcome (unchanged, swapped, kept: the files could not be brought up to date).',
      labelNames: ['outcome'],
      registers,
    });
    this.#problems = new Counter({
      name: 'connectors_csi_problems_total',
      help: 'What stood in the way of a mount or of current files, by reason.',
      labelNames: ['reason'],
      registers,
    });
    this.#reviews = new Counter({
      name: 'connectors_csi_reviews_total',
      help: 'SubjectAccessReviews, by outcome (hit and stale came from the cache).',
      labelNames: ['outcome'],
      registers,
    });
    new Gauge({
      name: 'connectors_csi_volumes_mounted',
      help: 'Volumes that are mounted.',
      registers,
      collect(): void {
        this.set(volumes.size);
      },
    });
    new Gauge({
      name: 'connectors_csi_volume_staleness_seconds',
      help: 'Time for which the files of a volume have not been found or brought up to date: the longest of all mounted volumes; 0 if there are none.',
      registers,
      collect(): void {
        this.set(volumes.staleness / 1_000);
      },
    });
  }

  finished({ method, outcome, problems = [] }: CallRecord, { code, durationMs }: { code: string; durationMs: number }): void {
    this.#calls.inc({ method, code });
    this.#durations.observe({ method }, durationMs / 1_000);
    for (const { reason } of problems) {
      this.#problems.inc({ reason });
    }
    if (method !== 'NodePublishVolume' || outcome === undefined) {
      return;
    }
    if (outcome === 'published' || outcome === 'failed') {
      this.#publishes.inc({ outcome });
    } else {
      this.#republishes.inc({ outcome });
    }
  }

  reviewed(outcome: string): void {
    this.#reviews.inc({ outcome });
  }
}
