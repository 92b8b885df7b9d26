import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describeSettings } from '@oci-connector/runtime';
import { collidingLabels, documentedMetrics, registeredMetrics } from '@oci-connector/testing-kit';
import { Registry } from 'prom-client';
import { ControllerSettings } from '../controller.config';
import { ControllerMetrics } from './controller-metrics';

const TEXT = readFileSync(path.join(__dirname, '../../../../docs/operations.md'), 'utf8');

describe('docs/operations.md', () => {
  const metrics = new Registry();
  new ControllerMetrics(metrics, 1);

  it('has every metric with its type and labels, and no other', async () => {
    expect(documentedMetrics(TEXT, '### Metrics of the controller')).toEqual(await registeredMetrics(metrics));
  });

  it('has no metric with a label that Prometheus sets for its target', () => {
    expect(collidingLabels(metrics)).toEqual([]);
  });

  it('names settings that exist', () => {
    const existing = describeSettings(ControllerSettings).map(({ name }) => name);
    const named = [...TEXT.matchAll(/…(_[A-Z_]+)/g)]
      .map(([, name]) => `OCI_CONNECTOR${name}`)
      .filter((name) => !/^OCI_CONNECTOR_(PROXY|CSI)_/.test(name));
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((name) => !existing.includes(name))).toEqual([]);
  });
});
