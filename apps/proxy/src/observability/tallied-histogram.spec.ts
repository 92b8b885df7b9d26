import { Histogram, Registry } from 'prom-client';
import { TalliedHistogram } from './tallied-histogram';

const CONFIGURATION = { name: 'a_seconds', help: 'Some time.', labelNames: ['kind'] as ['kind'], buckets: [0.1, 1, 10] };

describe('TalliedHistogram', () => {
  it('gives the same scrape as a histogram of prom-client with the same observations', async () => {
    const [ours, theirs] = [new Registry(), new Registry()];
    const tallied = new TalliedHistogram({ ...CONFIGURATION, registers: [ours] });
    const histogram = new Histogram({ ...CONFIGURATION, registers: [theirs] });
    for (const [kind, value] of [
      ['pull', 0.05],
      ['pull', 0.1],
      ['push', 5],
      ['pull', 0.100_1],
      ['push', 11],
      ['pull', 0],
    ] as const) {
      tallied.observe(kind, value);
      histogram.observe({ kind }, value);
    }
    expect((await ours.metrics()).split('\n').sort()).toEqual((await theirs.metrics()).split('\n').sort());
    // A scrape resets nothing.
    expect(await ours.metrics()).toContain('a_seconds_count{kind="pull"} 4');
  });

  it('has no series before the first observation', async () => {
    const registry = new Registry();
    new TalliedHistogram({ ...CONFIGURATION, registers: [registry] });
    expect(await registry.metrics()).toBe('# HELP a_seconds Some time.\n# TYPE a_seconds histogram\n');
  });
});
