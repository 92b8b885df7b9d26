import { readFileSync } from 'node:fs';
import path from 'node:path';
import { collidingLabels, documentedMetrics, registeredMetrics } from '@oci-connector/testing-kit';
import { Registry } from 'prom-client';
import { Readiness } from './readiness';
import { readinessMetric } from './readiness-metric';

describe('readinessMetric', () => {
  const registry = new Registry();
  const readiness = new Readiness();
  let problem: string | undefined;
  readinessMetric(registry, readiness, 'program');
  readiness.register('part', () => problem);
  readiness.register('broken', () => {
    throw new Error('a check that fails');
  });

  it('has the result of each check, and not its text', async () => {
    const lines = async (): Promise<string[]> =>
      (await registry.metrics()).split('\n').filter((line) => line.startsWith('connectors_ready'));
    const broken = 'connectors_ready{program="program",check="broken"} 0';
    expect(await lines()).toEqual(['connectors_ready{program="program",check="part"} 1', broken]);
    problem = 'it is gone';
    expect(await lines()).toEqual(['connectors_ready{program="program",check="part"} 0', broken]);
  });

  it('is what docs/operations.md says', async () => {
    const text = readFileSync(path.join(__dirname, '../../../docs/operations.md'), 'utf8');
    expect(documentedMetrics(text, '### Metrics of all programs')).toEqual(await registeredMetrics(registry));
    expect(collidingLabels(registry)).toEqual([]);
  });
});
